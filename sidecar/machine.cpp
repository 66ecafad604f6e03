#include "sidecar/machine.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <sys/resource.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "aio/file.h"

namespace sidecar {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

constexpr std::size_t kFileMax = 256;

std::int64_t number(std::string_view text) {
  std::int64_t out = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  return parsed.ec == std::errc() ? out : -1;
}

std::string text_of(const std::string& path) {
  auto read = aio::read_file(path, kFileMax);
  return read ? *read : std::string();
}

unsigned cores_of(std::int64_t quota, std::int64_t period) {
  if (quota <= 0 || period <= 0) return 1;
  const auto machine = std::max(1U, std::thread::hardware_concurrency());
  const std::int64_t cores = std::min<std::int64_t>((quota + period - 1) / period, machine);
  return static_cast<unsigned>(std::max<std::int64_t>(cores, 1));
}

bool has_v6() {
  const int descriptor = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor >= 0) close(descriptor);
  return descriptor >= 0;
}

}  // namespace

unsigned quota_cores(const std::string& root) {
  const std::string both = text_of(root + "/cpu.max");  // version 2: "150000 100000", "max 100000"
  if (const auto space = both.find(' '); space != std::string::npos) {
    return cores_of(number(both), number(std::string_view(both).substr(space + 1)));
  }
  return cores_of(number(text_of(root + "/cpu/cpu.cfs_quota_us")),
                  number(text_of(root + "/cpu/cpu.cfs_period_us")));
}

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
  constexpr rlim_t kEnough = 1U << 20U;
  return static_cast<std::size_t>(std::min(limit.rlim_cur, kEnough));
}

base::Result<tcp::endpoint> upstream_endpoint(const HostPort& address, std::string_view what) {
  boost::system::error_code error;
  const auto literal = asio::ip::make_address(address.host, error);
  if (!error) return tcp::endpoint(literal, address.port);
  if (address.host == "localhost") {
    return tcp::endpoint(asio::ip::address_v4::loopback(), address.port);
  }
  asio::io_context context;
  tcp::resolver resolver(context);
  const auto found = resolver.resolve(address.host, std::to_string(address.port), error);
  if (error || found.empty()) {
    return base::fail(base::Code::NotFound, fmt::format("{}: no address of '{}': {}", what,
                                                        address.host, error.message()));
  }
  return found.begin()->endpoint();
}

base::Result<tcp::endpoint> listen_endpoint(const HostPort& address, std::string_view what) {
  if (address.host.empty()) return tcp::endpoint(has_v6() ? tcp::v6() : tcp::v4(), address.port);
  boost::system::error_code error;
  const auto literal = asio::ip::make_address(
      address.host == "localhost" ? std::string("127.0.0.1") : address.host, error);
  if (error) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("{} '{}': the host has to be an address", what, address.host));
  }
  return tcp::endpoint(literal, address.port);
}

}  // namespace sidecar
