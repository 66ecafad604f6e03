#include "sidecar/machine.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "aio/file.h"
#include "net/listening.h"

namespace sidecar {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

constexpr std::size_t kFileMax = 256;
constexpr std::size_t kPlacesMax = 16;

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

}  // namespace

api::Node machine_node() {
  api::Node out = api::Node::map();
  utsname names{};
  if (::uname(&names) == 0) {
    out.set("hostname", std::string(names.nodename))
        .set("system", fmt::format("{} {} {}", names.sysname, names.release, names.machine));
  }
  const std::int64_t pages = ::sysconf(_SC_PHYS_PAGES), page = ::sysconf(_SC_PAGESIZE);
  if (pages > 0 && page > 0) out.set("memoryBytes", pages * page);
  return out;
}

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

std::optional<Places> known_places(const HostPort& address) {
  boost::system::error_code error;
  const auto literal = asio::ip::make_address(address.host, error);
  using Endpoints = std::vector<tcp::endpoint>;
  if (!error) return Places(Endpoints{{literal, address.port}});
  if (address.host != "localhost") return std::nullopt;
  return Places(Endpoints{{asio::ip::address_v4::loopback(), address.port},
                          {asio::ip::address_v6::loopback(), address.port}});
}

base::Result<Places> upstream_places(const HostPort& address) {
  if (auto known = known_places(address)) return *std::move(known);
  boost::system::error_code error;
  asio::io_context context;
  tcp::resolver resolver(context);
  const auto found = resolver.resolve(address.host, std::to_string(address.port), error);
  if (error || found.empty()) {
    return base::fail(base::Code::NotFound, fmt::format("--upstream: no address of '{}': {}",
                                                        address.host, error.message()));
  }
  std::vector<tcp::endpoint> all;
  for (const auto& one : found) {
    if (all.size() < kPlacesMax) all.push_back(one.endpoint());
  }
  return Places(std::move(all));
}

base::Result<tcp::endpoint> listen_endpoint(const HostPort& address, std::string_view what) {
  const auto host = net::listening_address(address.host);
  if (host) return tcp::endpoint(*host, address.port);
  return base::fail(base::Code::InvalidArgument, fmt::format("{} {}", what, host.error().message));
}

}  // namespace sidecar
