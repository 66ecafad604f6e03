#include "probes/prober.h"

#include <condition_variable>
#include <cstdlib>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "aio/alarms.h"
#include "base/check.h"
#include "probes/prober_stream.h"
#include "probes/wake_timer.h"

namespace probes {

namespace {
namespace asio = boost::asio;

constexpr base::Duration kFlushEvery = base::millis(100);
constexpr std::size_t kFlushRecords = 1024;
constexpr base::Duration kReserveEvery = base::seconds(1);
constexpr base::Duration kReserveAhead = base::seconds(2);
constexpr base::Duration kWallStep = base::millis(10);
constexpr base::Duration kCloseTime = base::seconds(1);

drill::ClockAnchor read_both_clocks() {
  // The wall clock between two readings of the steady one: the error is half of what lies between.
  const auto before = aio::now();
  const auto wall = aio::wall_now();
  return {before + (aio::now() - before) / 2, wall};
}

base::Duration offset(const drill::ClockAnchor& anchor) {
  return anchor.wall.time_since_epoch() - anchor.steady.time_since_epoch();
}
}  // namespace

class Prober::Impl {
 public:
  Impl(ProberListener& listener, store::LedgerWriter* ledger, drill::StreamId first)
      : listener_(listener),
        first_(first.value()),
        context_(1),
        timer_(context_.get_executor(), [this] { wake(); }),
        work_(context_.get_executor()) {
    output_.ledger = ledger;
    thread_ = std::thread([this] { run(); });
  }
  ~Impl() { stop(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  base::Result<drill::StreamId> add(StreamSpec spec, std::unique_ptr<Operation> operation) {
    TRY(ProberStream::check(spec));
    std::shared_ptr<ProberStream> stream;
    {
      const std::scoped_lock hold(output_.mutex);
      spec.info.id = drill::StreamId(static_cast<std::uint16_t>(first_ + streams_.size()));
      if (drill::vantage_of(spec.info.id) != drill::vantage_of(drill::StreamId(first_))) {
        return base::fail(base::Code::ResourceExhausted,
                          fmt::format("more than {} streams", streams_.size()));
      }
      stream = std::make_shared<ProberStream>(std::move(spec), std::move(operation), output_);
      streams_.push_back(stream);
    }
    asio::post(context_, [this, stream] {
      if (output_.ledger != nullptr) {
        output_.ledger->add_stream(stream->info());
      }
      active_.push_back(stream);
      stream->open(context_.get_executor());
    });
    return stream->info().id;
  }

  void start(drill::StreamId id) {
    asio::post(context_, [this, stream = find(id)] {
      if (stopping_) {
        return;
      }
      stream->start(aio::now());
      reserve(aio::now());
      tick();
    });
  }

  void stop(drill::StreamId id, std::function<void()> drained) {
    asio::post(context_, [stream = find(id), tell = std::move(drained)]() mutable {
      stream->stop(aio::now(), std::move(tell));
    });
  }

  void start_all() {
    for (const auto& one : streams()) {
      start(one.id);
    }
  }

  void stop() {
    if (!thread_.joinable()) {
      return;
    }
    CHECK(std::this_thread::get_id() != thread_.get_id());
    asio::post(context_, [this] { finish(); });
    thread_.join();
  }

  StreamStatus status(drill::StreamId id) const {
    const auto stream = find(id);
    const std::scoped_lock hold(output_.mutex);
    return stream->status();
  }

  std::vector<StreamStatus> statuses() const {
    const std::scoped_lock hold(output_.mutex);
    std::vector<StreamStatus> out;
    for (const auto& one : streams_) {
      out.push_back(one->status());
    }
    return out;
  }

  std::vector<drill::StreamInfo> streams() const {
    const std::scoped_lock hold(output_.mutex);
    std::vector<drill::StreamInfo> out;
    for (const auto& one : streams_) {
      out.push_back(one->info());
    }
    return out;
  }

  aio::Executor executor() { return context_.get_executor(); }

 private:
  void run() {
    aio::end_when_disarmed(executor());
    anchor();
    tick();
    context_.run();
    // After finish(): handlers of closed connections are let out, whatever an Operation forgot is
    // not waited for.
    context_.restart();
    context_.run_for(kCloseTime);
  }

  std::shared_ptr<ProberStream> find(drill::StreamId id) const {
    const std::scoped_lock hold(output_.mutex);
    CHECK(id.value() >= first_ && id.value() - first_ < static_cast<int>(streams_.size()));
    return streams_[static_cast<std::size_t>(id.value() - first_)];
  }

  /// One timer for everything: what is due, what has expired, the flush, the reservations.
  void tick() {
    const auto now = aio::now();
    bool wanted = now >= next_reserve_;
    for (const auto& stream : active_) {
      stream->tick(now);
      wanted = wanted || stream->wants_reservation();
    }
    // After the streams: what a pause of ours has made overdue is not reserved any more.
    if (wanted) {
      reserve(now);
    }
    if (now >= next_reserve_) {
      watch_wall_clock();
      next_reserve_ = now + kReserveEvery;
    }
    if (now >= next_flush_ || output_.batch.size() >= kFlushRecords) {
      flush();
      next_flush_ = now + kFlushEvery;
    }
    arm();
  }

  void wake() {
    if (!stopping_) {
      tick();
    }
  }

  void arm() {
    auto next = std::min(next_flush_, next_reserve_);
    for (const auto& stream : active_) {
      next = std::min(next, stream->next_wake());
    }
    auto after = std::max(next_flush_, next_reserve_);
    if (next < next_flush_) {
      after = std::min(next_flush_, next_reserve_);
    }
    for (const auto& stream : active_) {
      after = std::min(after, stream->next_wake_after(next));
    }
    timer_.arm(next, after);
  }

  void reserve(base::TimePoint now) {
    if (output_.ledger == nullptr || output_.ledger->failed()) {
      return;
    }
    std::vector<store::Reservation> wanted;
    for (const auto& stream : active_) {
      stream->reserve_until(now + kReserveAhead, wanted);
    }
    if (!wanted.empty()) {
      const auto ticket = output_.ledger->reserve(std::move(wanted));
      for (const auto& stream : active_) {
        stream->reserved(ticket);
      }
    }
  }

  void flush() {
    if (!output_.batch.empty()) {
      std::vector<drill::Record> batch;
      batch.reserve(output_.batch.size());
      batch.swap(output_.batch);
      if (output_.ledger != nullptr) {
        output_.ledger->append(batch);
      }
      listener_.on_records(std::move(batch));
    }
    for (const auto& [stream, stall] : std::exchange(output_.stalls, {})) {
      if (output_.ledger != nullptr) {
        output_.ledger->add_stall(stream, stall);
      }
      listener_.on_stall(stream, stall);
    }
    if (output_.ledger != nullptr && output_.ledger->failed() && !ledger_error_told_) {
      ledger_error_told_ = true;
      listener_.on_ledger_error(*output_.ledger->error());
    }
  }

  void anchor() {
    last_anchor_ = read_both_clocks();
    if (output_.ledger != nullptr) {
      output_.ledger->add_anchor(last_anchor_);
    }
    listener_.on_anchor(last_anchor_);
  }

  void watch_wall_clock() {
    const auto moved = offset(read_both_clocks()) - offset(last_anchor_);
    if (std::chrono::abs(moved) > kWallStep) {
      anchor();
    }
  }

  void finish() {
    stopping_ = true;
    const auto now = aio::now();
    for (const auto& stream : active_) {
      stream->close(now);
    }
    flush();
    anchor();
    timer_.cancel();
    work_.reset();
    context_.stop();
  }

  ProberListener& listener_;
  const std::uint16_t first_;  // the first stream's number
  asio::io_context context_;
  WakeTimer timer_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  ProberOutput output_;
  std::vector<std::shared_ptr<ProberStream>> streams_;  // by id; under the mutex
  std::vector<std::shared_ptr<ProberStream>> active_;   // the same, of the thread alone
  base::TimePoint next_flush_{};
  base::TimePoint next_reserve_{};
  drill::ClockAnchor last_anchor_{};
  bool stopping_ = false;
  bool ledger_error_told_ = false;
  std::thread thread_;
};

Prober::Prober(ProberListener& listener, store::LedgerWriter* ledger, drill::StreamId first)
    : impl_(std::make_unique<Impl>(listener, ledger, first)) {}
Prober::~Prober() = default;

base::Result<drill::StreamId> Prober::add(StreamSpec spec, std::unique_ptr<Operation> operation) {
  return impl_->add(std::move(spec), std::move(operation));
}
void Prober::start(drill::StreamId stream) {
  impl_->start(stream);
}
void Prober::stop(drill::StreamId stream, std::function<void()> drained) {
  impl_->stop(stream, std::move(drained));
}
void Prober::start_all() {
  impl_->start_all();
}
void Prober::stop() {
  impl_->stop();
}
StreamStatus Prober::status(drill::StreamId stream) const {
  return impl_->status(stream);
}
std::vector<StreamStatus> Prober::statuses() const {
  return impl_->statuses();
}
std::vector<drill::StreamInfo> Prober::streams() const {
  return impl_->streams();
}
aio::Executor Prober::executor() {
  return impl_->executor();
}

}  // namespace probes
