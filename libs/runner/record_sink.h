// Takes the prober's batches on its thread and keeps them for the main thread: records, stalls,
// clock anchors, and the first ledger error. Memory: 64 bytes per operation.
//
// The ledger error crosses to the main thread through its executor, where the drill it would end
// may be over by the time it arrives: what is on its way holds no more than a weak reference, so
// that an error which comes too late reaches nobody.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "aio/task.h"
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

  using OnError = std::function<void(const base::Error&)>;
  using OnBatch = std::function<void(const std::vector<drill::Record>&)>;

  /// `on_error` is called once, on `executor`, when the ledger cannot be written, and never after
  /// the sink is gone; `on_batch` after each batch on the prober's thread, for metrics.
  /// Thread: the executor's, on which the sink is destroyed too.
  void notify(const aio::Executor& executor, OnError on_error, OnBatch on_batch);

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
  std::optional<aio::Executor> executor_;  // none: nobody is to be told, or somebody was
  std::shared_ptr<const OnError> on_error_;
  OnBatch on_batch_;
};

}  // namespace runner
