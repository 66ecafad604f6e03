#include "runner/record_sink.h"

#include <utility>

#include <boost/asio/post.hpp>

namespace runner {

void RecordSink::notify(const aio::Executor& executor, OnError on_error, OnBatch on_batch) {
  const std::lock_guard lock(mutex_);
  executor_ = executor;
  on_error_ = std::make_shared<const OnError>(std::move(on_error));
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
  const std::lock_guard lock(mutex_);
  if (!executor_) return;
  boost::asio::post(*executor_, [told = std::weak_ptr(on_error_), error = std::move(error)] {
    if (const auto tell = told.lock()) (*tell)(error);
  });
  executor_.reset();
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
