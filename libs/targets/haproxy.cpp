#include "targets/haproxy.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "targets/unix_line.h"

namespace targets {
namespace {

constexpr auto kAnswerWithin = base::seconds(5);

// Bits of srv_admin_state (HAProxy 2.6, include/haproxy/server-t.h): maintenance forced, inherited,
// by resolution; drain forced and inherited. 0x04 only tells that the configuration said disabled,
// which stays true when the server is ready.
constexpr unsigned kMaintBits = 0x01U | 0x02U | 0x20U;
constexpr unsigned kDrainBits = 0x08U | 0x10U;

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    if (end > 0) {
      parts.push_back(text.substr(0, end));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

const char* word_of(RouteState state) {
  switch (state) {
    case RouteState::Ready: return "ready";
    case RouteState::Drain: return "drain";
    case RouteState::Maint: return "maint";
  }
  return "maint";
}

}  // namespace

const char* name(RouteState state) {
  switch (state) {
    case RouteState::Ready: return "Ready";
    case RouteState::Drain: return "Drain";
    case RouteState::Maint: return "Maint";
  }
  return "Maint";
}

base::Result<RouteState> route_state(std::string_view text) {
  for (const RouteState state : {RouteState::Ready, RouteState::Drain, RouteState::Maint}) {
    if (text == name(state)) {
      return state;
    }
  }
  return base::fail(base::Code::InvalidArgument,
                    fmt::format("route state '{}': Ready, Drain or Maint", text));
}

base::Result<std::vector<RouteServer>> parse_servers_state(std::string_view text) {
  const auto lines = split(text, '\n');
  if (lines.size() < 2 || lines[0] != "1" || lines[1].substr(0, 7) != "# be_id") {
    return base::fail(base::Code::DataLoss,
                      fmt::format("no list of servers in HAProxy's answer '{}'",
                                  text.substr(0, std::min<std::size_t>(text.size(), 120))));
  }
  std::vector<RouteServer> servers;
  for (std::size_t i = 2; i < lines.size(); ++i) {
    const auto fields = split(lines[i], ' ');
    unsigned admin = 0;
    if (fields.size() < 7 ||
        std::from_chars(fields[6].data(), fields[6].data() + fields[6].size(), admin).ec !=
            std::errc{}) {
      return base::fail(base::Code::DataLoss,
                        fmt::format("no server in HAProxy's line '{}'", lines[i]));
    }
    RouteState state = RouteState::Ready;
    if ((admin & kMaintBits) != 0) {
      state = RouteState::Maint;
    } else if ((admin & kDrainBits) != 0) {
      state = RouteState::Drain;
    }
    servers.push_back({std::string(fields[3]), state});
  }
  if (servers.empty()) {
    return base::fail(base::Code::NotFound, "the backend has no servers");
  }
  return servers;
}

std::string route_command(const std::string& backend, const std::vector<RouteServer>& servers) {
  std::string out;
  std::string in;
  for (const RouteServer& server : servers) {
    const std::string change =
        fmt::format("set server {}/{} state {};", backend, server.name, word_of(server.state));
    if (server.state == RouteState::Maint) {
      out += change + fmt::format("shutdown sessions server {}/{};", backend, server.name);
    } else {
      in += change;
    }
  }
  // An empty command after a last semicolon would be an unknown one.
  std::string all = out + in;
  all.resize(all.empty() ? 0 : all.size() - 1);
  return all;
}

aio::Task<base::Result<std::string>> HaProxy::ask(std::string command, std::stop_token stop) {
  auto answer = co_await ask_socket(clock_, socket_, std::move(command) + "\n", AnswerEnd::Close,
                                    kAnswerWithin, std::move(stop));
  if (!answer) {
    co_return tl::unexpected(answer.error().with("HAProxy's admin socket"));
  }
  co_return answer;
}

aio::Task<base::Result<std::vector<RouteServer>>> HaProxy::servers(std::stop_token stop) {
  CO_TRY(const std::string answer, co_await ask("show servers state " + backend_, std::move(stop)));
  co_return parse_servers_state(answer);
}

aio::Task<base::Result<>> HaProxy::set(std::vector<RouteServer> servers, std::stop_token stop) {
  if (servers.empty()) {
    co_return base::Result<>{};
  }
  CO_TRY(std::string answer, co_await ask(route_command(backend_, servers), stop));
  // Success is silence; anything else is a complaint.
  std::replace(answer.begin(), answer.end(), '\n', ' ');
  if (answer.find_first_not_of(' ') != std::string::npos) {
    answer.resize(std::min<std::size_t>(answer.size(), 200));
    co_return base::fail(
        base::Code::FailedPrecondition,
        fmt::format("HAProxy refused the change of backend {}: {}", backend_, answer));
  }
  CO_TRY(const auto now, co_await this->servers(stop));
  for (const RouteServer& wanted : servers) {
    if (std::find(now.begin(), now.end(), wanted) == now.end()) {
      co_return base::fail(
          base::Code::FailedPrecondition,
          fmt::format("server {}/{} did not become {}", backend_, wanted.name, name(wanted.state)));
    }
  }
  co_return base::Result<>{};
}

}  // namespace targets
