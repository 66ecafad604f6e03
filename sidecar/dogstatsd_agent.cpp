#include "sidecar/dogstatsd_agent.h"

#include <utility>

#include <fmt/format.h>

#include "aio/deadline.h"
#include "aio/event.h"
#include "sidecar/machine.h"

namespace sidecar {

namespace asio = boost::asio;
using asio::ip::udp;
using boost::system::error_code;

namespace {
constexpr base::Duration kKept = base::seconds(60);

/// What a lookup found, for who waits for it.
struct Looked {
  explicit Looked(const aio::Executor& executor) : ended(executor) {}
  aio::Event ended;
  error_code error;
  net::HostLookup::Endpoints found;
};
}  // namespace

aio::Task<base::Result<>> DogstatsdAgent::connect(base::TimePoint until, std::stop_token stop) {
  if (socket_ && clock_.now() < kept_until_) co_return base::Result<>{};
  const auto found = co_await aio::with_deadline(
      clock_, until, stop, fmt::format("find the agent {}", address_.host),
      [this](std::stop_token within) { return find(std::move(within)); });
  if (!found && !socket_) co_return tl::unexpected(found.error());
  if (found) CO_TRY(open(*found));
  kept_until_ = clock_.now() + kKept;
  co_return base::Result<>{};
}

aio::Task<base::Result<DogstatsdAgent::Endpoints>> DogstatsdAgent::find(std::stop_token stop) {
  if (const auto known = known_places(address_)) co_return Endpoints{known->first()};
  Looked looked(executor_);
  const auto lookup =
      net::HostLookup::begin(executor_, address_.host, address_.port,
                             [&looked](const error_code& error, const Endpoints& found) {
                               looked.error = error;
                               looked.found = found;
                               looked.ended.set();
                             });
  if (!co_await looked.ended.wait(stop)) {
    lookup->cancel();
    co_return base::fail(base::Code::Cancelled, "the name server has not answered");
  }
  if (!looked.error) co_return looked.found;
  co_return base::fail(base::Code::NotFound,
                       fmt::format("--export-dogstatsd: no address of '{}': {}", address_.host,
                                   looked.error.message()));
}

/// The first that this machine has a way to.
base::Result<> DogstatsdAgent::open(const Endpoints& endpoints) {
  error_code error;
  for (const auto& endpoint : endpoints) {
    socket_.emplace(executor_);
    socket_->open(endpoint.address().is_v6() ? udp::v6() : udp::v4(), error);
    if (!error) socket_->non_blocking(true, error);
    if (!error) socket_->connect({endpoint.address(), endpoint.port()}, error);
    if (!error) return {};
  }
  socket_.reset();
  return base::fail_errno("--export-dogstatsd", error.value());
}

/// An agent that is known to be away is looked for again the next time.
base::Result<> DogstatsdAgent::send(const std::vector<std::string>& packets) {
  error_code failed;
  for (const std::string& packet : packets) {
    error_code error;
    socket_->send(asio::buffer(packet), 0, error);
    if (error) failed = error;
  }
  if (!failed) return {};
  socket_.reset();
  return base::fail_errno("send figures to the agent", failed.value());
}

}  // namespace sidecar
