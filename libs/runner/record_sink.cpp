#include "runner/record_sink.h"

#include <utility>

namespace runner {

void RecordSink::notify(std::function<void(base::Error)> on_error,
                        std::function<void(const std::vector<drill::Record>&)> on_batch) {
  const std::lock_guard lock(mutex_);
  on_error_ = std::move(on_error);
  on_batch_ = std::move(on_batch);
}

void RecordSink::on_records(std::vector<drill::Record> records) {
  const std::lock_guard lock(mutex_);
  if (on_batch_) on_batch_(records);
  contents_.records.insert(contents_.records.end(), records.begin(), records.end());
}

void RecordSink::on_stall(drill::StreamId /*stream*/, drill::Stall stall) {
  const std::lock_guard lock(mutex_);
  contents_.stalls.push_back(stall);
}

void RecordSink::on_anchor(drill::ClockAnchor anchor) {
  const std::lock_guard lock(mutex_);
  contents_.anchors.push_back(anchor);
}

void RecordSink::on_ledger_error(base::Error error) {
  std::function<void(base::Error)> tell;
  {
    const std::lock_guard lock(mutex_);
    tell = std::exchange(on_error_, nullptr);
  }
  if (tell) tell(std::move(error));
}

RecordSink::Contents RecordSink::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(contents_, {});
}

std::size_t RecordSink::stalls() const {
  const std::lock_guard lock(mutex_);
  return contents_.stalls.size();
}

}  // namespace runner
