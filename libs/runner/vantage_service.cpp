#include "runner/vantage_service.h"

#include <utility>

#include "aio/entropy.h"
#include "crypto/hash.h"
#include "runner/vantage_part.h"

namespace runner {
namespace {

constexpr std::size_t kRunBytes = 8;

std::string new_run() {
  const std::string bytes = aio::random_bytes(kRunBytes);
  return crypto::hex(std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
}

}  // namespace

void VantageOrders::measuring() {
  if (state_ == VantageState::Beginning) state_ = VantageState::Measuring;
}

void VantageOrders::stopped() {
  if (state_ == VantageState::Stopping) state_ = VantageState::Stopped;
}

VantageService::VantageService(aio::Clock& clock, const aio::Executor& executor, std::string place,
                               Measure measure)
    : clock_(clock),
      place_(std::move(place)),
      run_(new_run()),
      measure_(std::move(measure)),
      orders_(executor),
      left_(executor),
      measuring_(executor) {}

void VantageService::begin(const VantageAsk& ask) {
  if (orders_.state_ != VantageState::Idle) return;
  orders_.state_ = VantageState::Beginning;
  measuring_.spawn(measure(ask, measuring_.token()));
}

aio::Task<base::Result<>> VantageService::measure(VantageAsk ask, std::stop_token stop) {
  const std::size_t vantage = ask.vantage;
  auto measured = co_await measure_(std::move(ask), orders_, std::move(stop));
  if (measured) {
    records_ = pack_part(std::move(*measured), vantage);
    if (records_.size() <= kVantageBytesMax) {
      orders_.state_ = VantageState::Finished;
      co_return base::Result<>{};
    }
    records_.clear();
    measured = base::fail(base::Code::ResourceExhausted, "its records are too many to be sent");
  }
  orders_.state_ = VantageState::Failed;
  orders_.why_ = measured.error().message;
  co_return base::Result<>{};
}

VantageAnswer VantageService::answer(const VantageAsk& ask) {
  using State = VantageState;
  State& state = orders_.state_;
  VantageAnswer out;
  switch (ask.wish) {
    case VantageWish::Look: break;
    case VantageWish::Begin: begin(ask); break;
    case VantageWish::StopWriting:
      if (state != State::Measuring) break;
      state = State::Stopping;
      orders_.stop_writing.set();
      break;
    case VantageWish::Finish:
      if (state != State::Measuring && state != State::Stopping && state != State::Stopped) break;
      state = State::Finishing;
      orders_.stop_writing.set();
      orders_.finish.set();
      break;
    case VantageWish::Fetch:
      if (state == State::Finished && ask.offset < records_.size()) {
        out.piece = records_.substr(ask.offset, kVantagePiece);
      }
      break;
    case VantageWish::Leave:
      if (state == State::Finished) left_.set();
      break;
  }
  out.number = ask.number;
  out.run = run_;
  out.place = place_;
  out.state = state;
  out.why = orders_.why_;
  out.bytes = records_.size();
  out.now = clock_.now();
  return out;
}

aio::Task<> VantageService::serve(Link& link, std::stop_token stop) {
  LinkLines lines(link, kVantageLineMax);
  while (true) {
    const auto line = co_await lines.next(stop);
    if (!line) break;
    const auto ask = parse_vantage_ask(*line);
    // Whoever asks so has another protocol; that the link ends is all that it can understand.
    if (!ask) break;
    if (!co_await link.write(to_line(answer(*ask)), stop)) break;
  }
  if (!stop.stop_requested()) co_await link.close(stop);
}

aio::Task<> VantageService::stop() {
  measuring_.cancel();
  static_cast<void>(co_await measuring_.join());
}

namespace {

/// Nobody takes the records any more; how many there were is worth saying.
aio::Task<base::Result<drill::Evidence>> given_up(Instrument& instrument) {
  drill::Evidence measured;
  static_cast<void>(co_await instrument.finish(measured));
  co_return base::fail(
      base::Code::Cancelled,
      "it was ended before the drill was, and had measured " + extent_of(measured));
}

}  // namespace

aio::Task<base::Result<drill::Evidence>> measure_by(Instrument& instrument, std::string drill_id,
                                                    VantageOrders& orders, std::stop_token stop) {
  instrument.sink().notify(co_await boost::asio::this_coro::executor,
                           [&orders](const base::Error& error) {
                             orders.trouble("its ledger cannot be written: " + error.message);
                           },
                           {});
  CO_TRY(co_await instrument.start(stop));
  orders.measuring();
  if (!co_await orders.stop_writing.wait(stop)) co_return co_await given_up(instrument);
  co_await instrument.stop_writing();
  orders.stopped();
  if (!co_await orders.finish.wait(stop)) co_return co_await given_up(instrument);
  drill::Evidence out;
  out.drill_id = std::move(drill_id);
  if (const auto closed = co_await instrument.finish(out); !closed) {
    orders.trouble("its ledger: " + closed.error().message);
  }
  co_return out;
}

}  // namespace runner
