// Takes the prober's batches on its thread and keeps them for the main thread: records, stalls,
// clock anchors, and the first ledger error. Memory: 64 bytes per operation.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "probes/prober.h"

namespace runner {

class RecordSink final : public probes::ProberListener {
 public:
  /// What the prober told up to now.
  struct Contents {
    std::vector<drill::Record> records;  // in order of completion
    std::vector<drill::Stall> stalls;
    std::vector<drill::ClockAnchor> anchors;
  };

  /// `on_error` is called once, on the prober's thread, when the ledger cannot be written;
  /// `on_batch` after each batch, for metrics.
  void notify(std::function<void(base::Error)> on_error,
              std::function<void(const std::vector<drill::Record>&)> on_batch);

  void on_records(std::vector<drill::Record> records) override;
  void on_stall(drill::StreamId stream, drill::Stall stall) override;
  void on_anchor(drill::ClockAnchor anchor) override;
  void on_ledger_error(base::Error error) override;

  /// Moves everything out. Thread: any, after Prober::stop().
  Contents take();
  std::size_t stalls() const;

 private:
  mutable std::mutex mutex_;
  Contents contents_;
  std::function<void(base::Error)> on_error_;
  std::function<void(const std::vector<drill::Record>&)> on_batch_;
};

}  // namespace runner
