#include "targets/local_state.h"

#include <algorithm>
#include <charconv>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

#include "aio/file.h"
#include "api/node.h"

namespace targets {
namespace {

using api::Node;

constexpr std::uint16_t kLowestPort = 10'000;
constexpr int kTriesPerPort = 2'000;

std::string state_file(const std::string& dir) {
  return dir + "/state.json";
}

}  // namespace

std::string to_json(const LocalState& state) {
  Node ports = Node::map();
  for (const auto& [name, port] : state.ports) {
    ports.set(name, std::int64_t{port});
  }
  Node parameters = Node::map();
  for (const auto& [name, value] : state.parameters) {
    parameters.set(name, value);
  }
  return api::to_json(Node::map()
                          .set("version", 1)
                          .set("system", state.system)
                          .set("boot", state.boot)
                          .set("started", state.started)
                          .set("ports", std::move(ports))
                          .set("parameters", std::move(parameters)),
                      2) +
         "\n";
}

base::Result<LocalState> parse_state(std::string_view text) {
  TRY(const Node node, api::parse_json(text));
  if (node["version"].as_int() != 1 || !node["system"].is_string() || !node["ports"].is_map()) {
    return base::fail(base::Code::DataLoss, "no state of a local system, version 1");
  }
  LocalState state;
  state.system = node["system"].as_string();
  state.boot = node["boot"].as_string();
  state.started = node["started"].as_bool();
  for (const api::Entry& entry : node["ports"].entries()) {
    const std::int64_t port = entry.value.as_int();
    if (port < 1 || port > 65'535) {
      return base::fail(base::Code::DataLoss, fmt::format("ports.{}: {}", entry.key, port));
    }
    state.ports[entry.key] = static_cast<std::uint16_t>(port);
  }
  for (const api::Entry& entry : node["parameters"].entries()) {
    state.parameters[entry.key] = entry.value.as_string();
  }
  return state;
}

base::Result<LocalState> load_state(const std::string& dir) {
  TRY(const std::string text, aio::read_file(state_file(dir)));
  auto state = parse_state(text);
  if (!state) {
    return tl::unexpected(state.error().with(state_file(dir)));
  }
  return state;
}

base::Result<> save_state(const std::string& dir, const LocalState& state) {
  return aio::write_file_atomic(state_file(dir), to_json(state));
}

std::string boot_id() {
  auto text = aio::read_file("/proc/sys/kernel/random/boot_id");
  return text ? text->substr(0, text->find('\n')) : std::string{};
}

std::uint16_t first_ephemeral(std::string_view text) {
  std::uint16_t port = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), port);
  return read.ec == std::errc{} && port > 0 ? port : std::uint16_t{32'768};
}

bool port_taken(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return true;
  }
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  // The socket API takes every address family through one type.
  const auto* any = reinterpret_cast<const sockaddr*>(&address);
  const bool taken = ::bind(fd, any, sizeof address) != 0 || ::listen(fd, 1) != 0;
  ::close(fd);
  return taken;
}

base::Result<std::map<std::string, std::uint16_t>> choose_ports(
    const std::vector<std::string>& names, base::Random& random) {
  const auto range = aio::read_file("/proc/sys/net/ipv4/ip_local_port_range");
  const std::uint16_t above = std::max<std::uint16_t>(
      first_ephemeral(range.value_or(std::string{})), std::uint16_t{kLowestPort + 1'000});
  std::map<std::string, std::uint16_t> ports;
  const auto used = [&](std::uint16_t port) {
    return std::any_of(ports.begin(), ports.end(), [&](const auto& p) { return p.second == port; });
  };
  for (const std::string& name : names) {
    for (int tries = 0; !ports.contains(name) && tries < kTriesPerPort; ++tries) {
      const auto port = static_cast<std::uint16_t>(random.between(kLowestPort, above - 1));
      if (!used(port) && !port_taken(port)) {
        ports[name] = port;
      }
    }
    if (!ports.contains(name)) {
      return base::fail(base::Code::ResourceExhausted,
                        fmt::format("no free loopback port for '{}' between {} and {}", name,
                                    kLowestPort, above - 1));
    }
  }
  return ports;
}

}  // namespace targets
