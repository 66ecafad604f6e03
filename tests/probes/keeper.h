// Keeps what a prober tells, and lets a test wait until it has told enough.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

#include "probes/prober.h"

namespace probes {

class Keeper final : public ProberListener {
 public:
  void on_records(std::vector<drill::Record> batch) override {
    const std::scoped_lock hold(mutex_);
    records_.insert(records_.end(), batch.begin(), batch.end());
    changed_.notify_all();
  }
  void on_stall(drill::StreamId, drill::Stall stall) override {
    const std::scoped_lock hold(mutex_);
    stalls_.push_back(stall);
    changed_.notify_all();
  }
  void on_anchor(drill::ClockAnchor anchor) override {
    const std::scoped_lock hold(mutex_);
    anchors_.push_back(anchor);
  }
  void on_ledger_error(base::Error error) override {
    const std::scoped_lock hold(mutex_);
    errors_.push_back(std::move(error));
    changed_.notify_all();
  }

  /// Waits (up to 30 s) for `count` records of the stream that match.
  bool await(drill::StreamId stream, std::size_t count,
             const std::function<bool(const drill::Record&)>& matches) {
    std::unique_lock hold(mutex_);
    return changed_.wait_for(hold, base::seconds(30), [&] {
      return static_cast<std::size_t>(
                 std::count_if(records_.begin(), records_.end(), [&](const auto& record) {
                   return record.stream == stream && matches(record);
                 })) >= count;
    });
  }
  bool await_outcome(drill::StreamId stream, std::size_t count, drill::Outcome outcome) {
    return await(stream, count, [outcome](const auto& r) { return r.outcome == outcome; });
  }
  bool await_cause(drill::StreamId stream, std::size_t count, drill::Cause cause) {
    return await(stream, count, [cause](const auto& r) { return r.cause == cause; });
  }

  /// Of one stream, by seq.
  std::vector<drill::Record> records(drill::StreamId stream) const {
    const std::scoped_lock hold(mutex_);
    std::vector<drill::Record> out;
    std::copy_if(records_.begin(), records_.end(), std::back_inserter(out),
                 [stream](const auto& record) { return record.stream == stream; });
    std::sort(out.begin(), out.end(), [](auto& a, auto& b) { return a.seq < b.seq; });
    return out;
  }
  std::vector<drill::Stall> stalls() const {
    const std::scoped_lock hold(mutex_);
    return stalls_;
  }
  std::vector<drill::ClockAnchor> anchors() const {
    const std::scoped_lock hold(mutex_);
    return anchors_;
  }
  std::vector<base::Error> errors() const {
    const std::scoped_lock hold(mutex_);
    return errors_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<drill::Record> records_;
  std::vector<drill::Stall> stalls_;
  std::vector<drill::ClockAnchor> anchors_;
  std::vector<base::Error> errors_;
};

inline StreamSpec spec_of(std::string name, Connections connections, base::Duration interval,
                          base::Duration deadline) {
  StreamSpec spec;
  spec.info.name = std::move(name);
  spec.info.interval = interval;
  spec.info.deadline = deadline;
  spec.connections = connections;
  return spec;
}

}  // namespace probes
