#include "probes/prober_stream.h"

#include <algorithm>

#include <fmt/format.h>

namespace probes {

namespace {
constexpr base::Duration kIntervalMin = std::chrono::microseconds(100);
constexpr std::size_t kSlotsMax = 4096;
// A connection that does not stand by then leads to somebody who is gone. Shorter, and a server
// that is slow to let many in would never be reached.
constexpr base::Duration kConnectMax = base::seconds(2);
// A reservation normally takes some milliseconds; until then the first operation waits.
constexpr base::Duration kReserveLead = base::millis(100);

Schedule::Config schedule_config(const StreamSpec& spec) {
  return {spec.info.interval, std::max(spec.ack_timeout, spec.info.deadline),
          spec.connections == Connections::Open, ProberStream::slots_of(spec)};
}

// Streams of the same Δ are spread over it, on a grid that all streams of a prober share: what
// falls together costs one wake-up, which is most of what a probe costs. The price is that the last
// of n operations leaves some 10 µs · n late, which its stamp shows.
constexpr base::Duration kGrid = base::millis(10);

base::Duration phase_of(const StreamSpec& spec) {
  constexpr double kGolden = 0.6180339887498949;
  const double turns = kGolden * spec.info.id.value();
  const double share = turns - static_cast<double>(static_cast<std::int64_t>(turns));
  const auto phase = std::chrono::duration_cast<base::Duration>(spec.info.interval * share);
  return phase - phase % kGrid;
}

base::TimePoint next_on_grid(base::TimePoint at) {
  const base::Duration since = at.time_since_epoch();
  return at + (kGrid - since % kGrid) % kGrid;
}
}  // namespace

base::Result<> ProberStream::check(const StreamSpec& spec) {
  const auto wrong = [&](std::string what) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("stream {}: {}", spec.info.name, what));
  };
  if (spec.info.interval < kIntervalMin) {
    return wrong(
        fmt::format("interval is {}, at least 100 µs is needed", base::human(spec.info.interval)));
  }
  if (spec.info.deadline.count() <= 0) {
    return wrong("the deadline must be more than 0");
  }
  if (spec.ack_timeout.count() < 0) {
    return wrong("the acknowledgement timeout cannot be negative");
  }
  if (const auto slots = slots_of(spec); slots > kSlotsMax) {
    return wrong(fmt::format(
        "deadline {} and interval {} need {} connections, at most {} are "
        "allowed",
        base::human(spec.info.deadline), base::human(spec.info.interval), slots, kSlotsMax));
  }
  return {};
}

std::size_t ProberStream::slots_of(const StreamSpec& spec) {
  const auto per = [&](base::Duration length) {
    return static_cast<std::size_t>((length + spec.info.interval - base::Duration(1)) /
                                    spec.info.interval);
  };
  if (spec.connections == Connections::Open) {
    return per(spec.info.deadline) + 1;
  }
  if (spec.in_flight_max != 0) {
    return spec.in_flight_max;
  }
  return std::min(per(std::max(spec.ack_timeout, spec.info.deadline)) + 2, kSlotsMax);
}

ProberStream::ProberStream(StreamSpec spec, std::unique_ptr<Operation> operation,
                           ProberOutput& output)
    : spec_(std::move(spec)),
      operation_(std::move(operation)),
      output_(output),
      schedule_(schedule_config(spec_)),
      slots_(schedule_.slots()) {
  status_.info = spec_.info;
}

void ProberStream::open(const aio::Executor& executor) {
  operation_->open(executor, *this, slots_.size());
}

void ProberStream::start(base::TimePoint now) {
  if (schedule_.running()) {
    return;
  }
  const base::Duration lead = output_.ledger != nullptr ? kReserveLead : base::Duration::zero();
  schedule_.begin(next_on_grid(now + lead) + phase_of(spec_));
  begin_at_ = output_.ledger != nullptr ? schedule_.next_due() : base::kNever;
  const std::scoped_lock hold(output_.mutex);
  status_.running = true;
}

void ProberStream::stop(base::TimePoint now, std::function<void()> drained) {
  if (schedule_.running()) {
    if (const auto stall = schedule_.end(now)) {
      output_.stalls.emplace_back(info().id, *stall);
    }
    if (output_.ledger != nullptr && !windows_.empty()) {
      output_.ledger->release(info().id, schedule_.next_seq() - 1);
    }
    windows_.clear();
    begin_at_ = base::kNever;
    const std::scoped_lock hold(output_.mutex);
    status_.running = false;
  }
  if (drained) {
    drained_.push_back(std::move(drained));
  }
  tell_if_drained();
}

void ProberStream::close(base::TimePoint now) {
  stop(now, {});
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
    if (schedule_.in_use(slot)) {
      finish(slot, operation_->abandon(slot, drill::Cause::Stopped), base::kNever);
    }
  }
  operation_->close();
}

void ProberStream::begin(base::TimePoint now) {
  // The first reservation came too late for its times: take later ones, nothing was sent.
  const std::uint64_t first = schedule_.next_seq();
  if (!may_send(first) && !output_.ledger->failed()) {
    output_.ledger->release(info().id, first - 1);
    windows_.clear();
    schedule_.end(begin_at_);
    schedule_.begin(next_on_grid(now + kReserveLead) + phase_of(spec_));
    begin_at_ = schedule_.next_due();
  } else {
    begin_at_ = base::kNever;
  }
}

void ProberStream::tick(base::TimePoint now) {
  if (begin_at_ <= now) {
    begin(now);
  }
  while (const auto slot = schedule_.expired(now)) {
    finish(*slot, operation_->abandon(*slot, drill::Cause::Timeout), now);
  }
  while (schedule_.next_due() <= now) {
    give_up_unsent(now);
    const auto turn = schedule_.next(now, may_send(schedule_.next_seq()));
    if (turn->stall) {
      output_.stalls.emplace_back(info().id, *turn->stall);
    }
    if (turn->what == Schedule::What::Send) {
      // Stamped per operation: the ones before it in this tick took their time too.
      const auto invoked = aio::now();
      slots_[turn->slot] = {turn->seq, turn->due, invoked};
      operation_->start(turn->slot, {turn->seq, turn->due, invoked});
      continue;
    }
    const bool blocked = turn->what == Schedule::What::Blocked;
    drill::Record record;
    record.stream = info().id;
    record.seq = turn->seq;
    record.scheduled = turn->due;
    record.outcome = drill::Outcome::Fail;
    record.cause = blocked ? drill::Cause::Blocked : drill::Cause::NotSent;
    record.invoked = blocked ? now : base::kNever;
    record.completed = blocked ? now : base::kNever;
    put(record);
  }
}

void ProberStream::give_up_unsent(base::TimePoint now) {
  const auto slot = schedule_.blocking();
  if (!slot || operation_->sent(*slot) ||
      now - slots_[*slot].scheduled < std::max(kConnectMax, spec_.info.deadline)) {
    return;
  }
  finish(*slot, operation_->abandon(*slot, drill::Cause::Timeout), now);
}

base::TimePoint ProberStream::next_wake() {
  return std::min(schedule_.next_due(), schedule_.next_expiry());
}

base::TimePoint ProberStream::next_wake_after(base::TimePoint time) {
  const auto expiry = schedule_.next_expiry();
  return std::min(schedule_.next_due_after(time), expiry > time ? expiry : base::kNever);
}

bool ProberStream::may_send(std::uint64_t seq) {
  if (output_.ledger == nullptr) {
    return true;
  }
  while (!windows_.empty() && windows_.front().last_seq < seq) {
    windows_.pop_front();
  }
  // After a failure of the disk no completion could be kept either.
  return !windows_.empty() && windows_.front().ticket != 0 &&
         output_.ledger->durable(windows_.front().ticket) && !output_.ledger->failed();
}

void ProberStream::reserve_until(base::TimePoint until, std::vector<store::Reservation>& out) {
  if (!schedule_.running()) {
    return;
  }
  const std::uint64_t first = windows_.empty()
                                  ? schedule_.next_seq()
                                  : std::max(windows_.back().last_seq + 1, schedule_.next_seq());
  const std::uint64_t last = std::max(schedule_.last_due_before(until), schedule_.next_seq());
  if (last < first) {
    return;
  }
  out.push_back({info().id, first, last, schedule_.due_of(first), spec_.info.interval});
  windows_.push_back({last, 0});
}

void ProberStream::reserved(std::uint64_t ticket) {
  if (!windows_.empty() && windows_.back().ticket == 0) {
    windows_.back().ticket = ticket;
  }
}

void ProberStream::done(std::size_t slot, const Completion& completion) {
  finish(slot, completion, aio::now());
}

void ProberStream::finish(std::size_t slot, const Completion& completion,
                          base::TimePoint completed) {
  schedule_.done(slot);
  const Slot& operation = slots_[slot];
  drill::Record record;
  record.stream = info().id;
  record.outcome = completion.outcome;
  record.cause = completion.cause;
  record.server_id = completion.server_id;
  record.server_term = completion.server_term;
  record.seq = operation.seq;
  record.scheduled = operation.scheduled;
  record.invoked = operation.invoked;
  record.completed = completed;
  record.server_position = completion.server_position;
  record.value = completion.value;
  put(record);
  tell_if_drained();
}

void ProberStream::put(const drill::Record& record) {
  output_.batch.push_back(record);
  const std::scoped_lock hold(output_.mutex);
  count(record);
}

void ProberStream::count(const drill::Record& record) {
  const bool stopped = record.cause == drill::Cause::Stopped;
  const auto latency =
      record.completed == base::kNever ? base::Duration{} : record.completed - record.scheduled;
  const bool good = record.outcome == drill::Outcome::Ok && latency <= spec_.info.deadline;
  status_.ok += record.outcome == drill::Outcome::Ok ? 1 : 0;
  status_.fail += record.outcome == drill::Outcome::Fail ? 1 : 0;
  status_.info_count += record.outcome == drill::Outcome::Info ? 1 : 0;
  status_.in_flight = schedule_.in_flight();
  if (stopped || record.cause == drill::Cause::NotSent) {
    return;  // says nothing about the target
  }
  (good ? status_.good : status_.bad) += 1;
  auto& since = good ? status_.good_since : status_.bad_since;
  (good ? status_.bad_since : status_.good_since) = base::kNever;
  if (since == base::kNever) {
    since = record.invoked;
  }
  status_.last_outcome = record.outcome;
  status_.last_cause = record.cause;
  status_.last_latency = latency;
  status_.last_server = record.server_id;
  if (record.outcome == drill::Outcome::Ok) {
    const double seconds = base::to_seconds(latency);
    const auto bucket =
        std::lower_bound(kLatencyBoundsSeconds.begin(), kLatencyBoundsSeconds.end(), seconds);
    ++status_.latency_buckets[static_cast<std::size_t>(bucket - kLatencyBoundsSeconds.begin())];
    status_.latency_sum += latency;
  }
}

void ProberStream::tell_if_drained() {
  if (schedule_.in_flight() > 0) {
    return;
  }
  for (auto& tell : std::exchange(drained_, {})) {
    tell();
  }
}

}  // namespace probes
