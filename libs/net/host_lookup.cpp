#include "net/host_lookup.h"

#include <map>
#include <system_error>
#include <thread>
#include <utility>

#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

using Waiting = std::vector<std::shared_ptr<HostLookup>>;

/// Who waits for which name. It is never taken down: a thread that hangs may outlive main().
class Running {
 public:
  static Running& all() {
    static auto* const running = new Running;
    return *running;
  }

  void ask(const std::string& host, std::shared_ptr<HostLookup> lookup) {
    {
      const std::scoped_lock hold(mutex_);
      const auto [at, first] = names_.try_emplace(host);
      at->second.push_back(std::move(lookup));
      if (!first) return;
    }
    try {
      std::thread([this, host] { look_up(host); }).detach();
    } catch (const std::system_error&) {  // there may be no more threads
      answer(host, asio::error::no_memory, {});
    }
  }

 private:
  void look_up(const std::string& host) {
    asio::io_context none;
    tcp::resolver resolver(none);
    error_code error;
    HostLookup::Endpoints found;
    for (const auto& one : resolver.resolve(host, "", error)) found.push_back(one.endpoint());
    if (!error && found.empty()) error = asio::error::host_not_found;
    answer(host, error, found);
  }

  void answer(const std::string& host, const error_code& error,
              const HostLookup::Endpoints& found) {
    Waiting waiting;
    {
      const std::scoped_lock hold(mutex_);
      waiting = std::move(names_.extract(host).mapped());
    }
    for (const auto& one : waiting) one->answer(error, found);
  }

  std::mutex mutex_;
  std::map<std::string, Waiting> names_;
};

/// Lookups of a context, which end with it.
class OfContext final : public asio::execution_context::service {
 public:
  using key_type = OfContext;
  static asio::execution_context::id id;
  explicit OfContext(asio::execution_context& context) : service(context) {}

  void add(const std::shared_ptr<HostLookup>& lookup) {
    std::erase_if(lookups_, [](const auto& one) { return one.expired(); });
    lookups_.push_back(lookup);
  }

 private:
  void shutdown() override {
    for (const auto& one : std::exchange(lookups_, {})) {
      if (const auto lookup = one.lock()) lookup->cancel();
    }
  }

  std::vector<std::weak_ptr<HostLookup>> lookups_;
};
asio::execution_context::id OfContext::id;

}  // namespace

std::shared_ptr<HostLookup> HostLookup::begin(const aio::Executor& executor,
                                              const std::string& host, std::uint16_t port,
                                              Found found) {
  auto out = std::make_shared<HostLookup>(executor, port, std::move(found));
  auto& context = asio::query(executor, asio::execution::context);
  asio::use_service<OfContext>(context).add(out);
  Running::all().ask(host, out);
  return out;
}

HostLookup::HostLookup(const aio::Executor& executor, std::uint16_t port, Found found)
    : port_(port),
      executor_(asio::prefer(executor, asio::execution::outstanding_work.tracked)),
      found_(std::move(found)) {}

/// What is given up goes when the lock is gone: with it may go who calls this again.
void HostLookup::cancel() {
  Found found;
  aio::Executor executor;
  const std::scoped_lock hold(mutex_);
  std::swap(found, found_);
  std::swap(executor, executor_);
}

void HostLookup::answer(error_code error, Endpoints found) {
  for (tcp::endpoint& one : found) one.port(port_);
  const std::scoped_lock hold(mutex_);
  if (!found_) return;
  asio::post(executor_, [self = shared_from_this(), error, found = std::move(found)]() mutable {
    self->tell(error, std::move(found));
  });
}

void HostLookup::tell(const error_code& error, Endpoints found) {
  Found to;
  {
    const std::scoped_lock hold(mutex_);
    std::swap(to, found_);
    executor_ = {};
  }
  if (to) to(error, found);
}

}  // namespace net
