#include "net/dial.h"

#include <memory>
#include <utility>

#include "aio/deadline.h"
#include "aio/event.h"

namespace net {
namespace {

/// One connection, from the attempt to what became of it.
class Attempt final : public ConnectionEvents {
 public:
  Attempt(const aio::Executor& executor, const Address& address, std::size_t& open,
          aio::Event& ended)
      : open_(open), ended_(ended), connection_(make_tcp(executor, address, *this)) {}
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
  ~Attempt() { connection_->close(); }

  void begin() { connection_->connect(); }
  const DialOutcome& outcome() const { return outcome_; }

  void on_connected() override { end({true, "taken"}); }
  void on_data(std::string_view /*bytes*/) override {}
  void on_failed(Failure /*failure*/, const std::string& detail) override { end({false, detail}); }

 private:
  void end(DialOutcome outcome) {
    if (done_) return;
    done_ = true;
    outcome_ = std::move(outcome);
    if (--open_ == 0) ended_.set();
  }

  std::size_t& open_;
  aio::Event& ended_;
  bool done_ = false;
  DialOutcome outcome_{false, "no answer"};
  std::shared_ptr<Connection> connection_;
};

}  // namespace

aio::Task<base::Result<std::vector<DialOutcome>>> dial(aio::Clock& clock,
                                                       std::vector<Address> addresses,
                                                       base::Duration limit, std::stop_token stop) {
  const aio::Executor executor = co_await aio::asio::this_coro::executor;
  aio::Event ended(executor);
  std::size_t open = addresses.size();
  std::vector<std::unique_ptr<Attempt>> attempts;
  for (const Address& address : addresses) {
    attempts.push_back(std::make_unique<Attempt>(executor, address, open, ended));
  }
  for (const auto& attempt : attempts) attempt->begin();
  aio::Deadline deadline(clock, executor, clock.now() + limit, stop);
  if (open > 0) static_cast<void>(co_await ended.wait(deadline.token()));
  if (stop.stop_requested()) {
    co_return base::fail(base::Code::Cancelled, "connecting was given up");
  }
  std::vector<DialOutcome> out;
  for (const auto& attempt : attempts) out.push_back(attempt->outcome());
  co_return out;
}

}  // namespace net
