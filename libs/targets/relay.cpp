#include "targets/relay.h"

#include <memory>
#include <unistd.h>
#include <vector>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include "aio/close_on_stop.h"
#include "aio/event.h"
#include "aio/file.h"
#include "aio/task_group.h"
#include "aio/unix_path.h"
#include "targets/address.h"
#include "targets/relay_control.h"
#include "targets/relay_link.h"

namespace targets {
namespace {

namespace asio = aio::asio;
using Tcp = asio::ip::tcp;
using Local = asio::local::stream_protocol;
using Failure = boost::system::error_code;

constexpr auto kListenAgainEvery = base::millis(20);
constexpr auto kListenAgainFor = base::seconds(4);
constexpr auto kAcceptAgainAfter = base::millis(20);

base::Result<Tcp::endpoint> endpoint_of(const std::string& text) {
  TRY(const Address address, parse_address(text));
  Failure error;
  const auto ip = asio::ip::make_address(address.host, error);
  if (error) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("'{}': '{}' is no IP address", text, address.host));
  }
  return Tcp::endpoint(ip, address.port);
}

class Relay {
 public:
  Relay(aio::Clock& clock, const aio::Executor& executor, Tcp::endpoint listen,
        Tcp::endpoint upstream, const RelayOptions& options)
      : clock_(clock),
        listen_(std::move(listen)),
        acceptor_(executor),
        retry_(clock.alarm(executor)) {
    shared_.upstream = std::move(upstream);
    shared_.status.name = options.name;
    if (options.delay > base::Duration::zero()) {
      shared_.status.setting = {RelayMode::Delay, options.delay};
    }
  }

  base::Result<> open_listener();
  aio::Task<base::Result<>> apply(RelaySetting setting, std::stop_token stop);
  aio::Task<base::Result<>> close_all();
  const RelayStatus& status() {
    shared_.status.listening = acceptor_.is_open();
    return shared_.status;
  }

 private:
  void accept();
  void accepted(Tcp::socket socket);

  aio::Clock& clock_;
  Tcp::endpoint listen_;
  Tcp::acceptor acceptor_;
  std::unique_ptr<aio::Alarm> retry_;
  RelayShared shared_;
  std::vector<std::weak_ptr<RelayLink>> links_;
};

base::Result<> Relay::open_listener() {
  if (acceptor_.is_open()) {
    return {};
  }
  Failure error;
  acceptor_.open(listen_.protocol(), error);
  // Not a second listener's right to the port (that is SO_REUSEPORT): only past TIME_WAIT.
  acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  acceptor_.bind(listen_, error);
  if (!error) {
    acceptor_.listen(asio::socket_base::max_listen_connections, error);
  }
  if (error) {
    aio::close_now(acceptor_);
    return base::fail_errno(fmt::format("relay {}: listening on {}:{}", shared_.status.name,
                                        listen_.address().to_string(), listen_.port()),
                            error.value());
  }
  // Port 0 was any port the first time and is this one from now on.
  listen_.port(acceptor_.local_endpoint().port());
  shared_.status.listen = fmt::format("{}:{}", listen_.address().to_string(), listen_.port());
  accept();
  return {};
}

void Relay::accept() {
  acceptor_.async_accept([this](const Failure& error, Tcp::socket socket) {
    if (!acceptor_.is_open() || error == asio::error::operation_aborted) {
      return;
    }
    if (error) {
      // Out of descriptors, most likely: spinning would make it worse.
      retry_->arm(clock_.now() + kAcceptAgainAfter, [this] { accept(); });
      return;
    }
    accepted(std::move(socket));
    accept();
  });
}

void Relay::accepted(Tcp::socket socket) {
  ++shared_.status.accepted;
  std::erase_if(links_, [](const auto& link) { return link.expired(); });
  const auto link = std::make_shared<RelayLink>(clock_, shared_, std::move(socket));
  if (shared_.status.setting.mode == RelayMode::Reset) {
    link->reset();
    return;
  }
  links_.push_back(link);
  link->start();
}

aio::Task<base::Result<>> Relay::apply(RelaySetting setting, std::stop_token stop) {
  shared_.status.setting = setting;
  if (setting.mode == RelayMode::Refuse) {
    retry_->disarm();
    aio::close_now(acceptor_);
  }
  for (const auto& weak : std::vector(links_)) {
    if (const auto link = weak.lock()) {
      link->setting_changed();
    }
  }
  if (setting.mode == RelayMode::Refuse) {
    co_return base::Result<>{};
  }
  // Someone may have taken the port while it was free; most often only for a moment.
  const base::TimePoint deadline = clock_.now() + kListenAgainFor;
  for (;;) {
    auto opened = open_listener();
    if (opened || clock_.now() >= deadline ||
        !co_await aio::wait_for(clock_, kListenAgainEvery, stop)) {
      co_return opened;
    }
  }
}

aio::Task<base::Result<>> Relay::close_all() {
  retry_->disarm();
  aio::close_now(acceptor_);
  for (const auto& weak : links_) {
    if (const auto link = weak.lock()) {
      link->reset();
    }
  }
  // The handlers of closed sockets run within this turn or the next ones and own their links.
  while (shared_.status.connections > 0) {
    co_await aio::wait_for(clock_, base::millis(1), {});
  }
  co_return base::Result<>{};
}

aio::Task<base::Result<>> serve_orders(Relay& relay, Local::socket socket, std::stop_token stop) {
  const aio::CloseOnStop closing(socket, stop);
  Failure error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  std::string text;
  for (;;) {
    const std::size_t size = co_await asio::async_read_until(
        socket, asio::dynamic_buffer(text, kRelayLineBytesMax), '\n', token);
    if (error) {
      co_return base::Result<>{};  // the client left, or never ended its line
    }
    const auto order = parse_relay_order(std::string_view(text).substr(0, size - 1));
    text.erase(0, size);
    base::Result<> done;
    if (!order) {
      done = tl::unexpected(order.error());
    } else if (order->set) {
      done = co_await relay.apply(*order->set, stop);
    }
    const std::string answer = done ? to_line(relay.status()) : to_line(done.error());
    co_await asio::async_write(socket, asio::buffer(answer), token);
    if (error) {
      co_return base::Result<>{};
    }
  }
}

aio::Task<base::Result<>> take_orders(aio::Clock& clock, Relay& relay, Local::acceptor acceptor,
                                      std::stop_token stop) {
  const auto executor = co_await asio::this_coro::executor;
  aio::TaskGroup clients(executor, stop);
  {
    const aio::CloseOnStop closing(acceptor, stop);
    while (!stop.stop_requested()) {
      Failure error;
      Local::socket socket =
          co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (!error) {
        clients.spawn(serve_orders(relay, std::move(socket), clients.token()));
      } else {
        co_await aio::wait_for(clock, kAcceptAgainAfter, stop);
      }
    }
  }
  co_await clients.join();
  co_return base::Result<>{};
}

base::Result<Local::acceptor> open_control(const aio::Executor& executor, const std::string& path) {
  if (const auto fits = aio::check_unix_path(path); !fits) {
    return tl::unexpected(fits.error().with("control socket"));
  }
  ::unlink(path.c_str());
  Local::acceptor acceptor(executor);
  Failure error;
  acceptor.open(Local(), error);
  acceptor.bind(Local::endpoint(path), error);
  if (!error) {
    acceptor.listen(asio::socket_base::max_listen_connections, error);
  }
  if (error) {
    return base::fail_errno(fmt::format("control socket {}", path), error.value());
  }
  return acceptor;
}

}  // namespace

const char* name(RelayMode mode) {
  switch (mode) {
    case RelayMode::Pass: return "Pass";
    case RelayMode::Refuse: return "Refuse";
    case RelayMode::Reset: return "Reset";
    case RelayMode::BlackHole: return "BlackHole";
    case RelayMode::Delay: return "Delay";
  }
  return "Pass";
}

base::Result<RelayMode> relay_mode(std::string_view text) {
  for (const RelayMode mode : {RelayMode::Pass, RelayMode::Refuse, RelayMode::Reset,
                               RelayMode::BlackHole, RelayMode::Delay}) {
    if (text == name(mode)) {
      return mode;
    }
  }
  return base::fail(base::Code::InvalidArgument,
                    fmt::format("mode '{}': Pass, Refuse, Reset, BlackHole or Delay", text));
}

aio::Task<base::Result<>> run_relay(aio::Clock& clock, RelayOptions options, std::stop_token stop) {
  const auto executor = co_await asio::this_coro::executor;
  CO_TRY(const Tcp::endpoint listen, endpoint_of(options.listen));
  CO_TRY(const Tcp::endpoint upstream, endpoint_of(options.upstream));
  Relay relay(clock, executor, listen, upstream, options);
  CO_TRY(relay.open_listener());
  base::Result<> done;
  auto control = open_control(executor, options.control);
  if (!control) {
    done = tl::unexpected(control.error());
  } else {
    if (!options.pid_file.empty()) {
      done = aio::write_file_atomic(options.pid_file, fmt::format("{}\n", ::getpid()));
    }
    if (done) {
      co_await take_orders(clock, relay, std::move(*control), stop);
      ::unlink(options.pid_file.c_str());
    }
    ::unlink(options.control.c_str());
  }
  co_await relay.close_all();
  co_return done;
}

}  // namespace targets
