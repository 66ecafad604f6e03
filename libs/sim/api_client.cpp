#include "sim/api_client.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "aio/event.h"
#include "kube/channel.h"
#include "net/websocket.h"

namespace sim {
namespace {

using base::Code;

constexpr base::Duration kLateMost = base::seconds(2);
constexpr base::Duration kWorksMost = base::seconds(34);  // a server on a write, where nobody says

/// One exchange that is under way. It outlives whoever waits for it.
struct Call {
  ApiRequest request;
  std::function<ApiAnswer()> landed;              // empty: the server handles it
  std::optional<base::Result<ApiAnswer>> answer;  // has arrived
  std::function<void()> wake;
  bool given_up = false;
};

/// The events of a watch on their way.
struct Flow {
  std::deque<Text> lines;  // that have arrived
  bool open = true;        // somebody listens
  bool accepted = false, over = false, silent = false;
  std::optional<base::Result<ApiAnswer>> refused;
  ApiServer::WatchId id = 0;
  base::TimePoint last{};  // when what was sent last arrives
  std::function<void()> wake;
  void woken() const {
    if (wake) wake();
  }
};

kube::Reply reply_of(const ApiAnswer& answer) {
  kube::Reply out;
  out.code = answer.code;
  if (answer.body) out.body = *answer.body;
  if (!out.ok()) out.refusal = kube::refusal_of(out.code, out.body);
  return out;
}

base::Error unavailable(const std::string& why) {
  return {Code::Unavailable, why, base::Retry::Backoff, {}};
}

ApiAnswer unauthorized() {
  return {401, std::make_shared<const std::string>(
                   R"({"kind":"Status","code":401,"reason":"Unauthorized"})")};
}

// What is on its way does not end with who sent it, so none of this is of a client.

/// `to`: where the answer arrives; null: at once, in whatever runs.
void arrive(ApiLink& link, const std::shared_ptr<Call>& call, Process* to,
            base::Result<ApiAnswer> answer) {
  link.machine.after(link.delay(), to, [call, answer = std::move(answer)]() mutable {
    call->answer = std::move(answer);
    if (call->wake) call->wake();
  });
}

/// The server's work, when it comes to that.
void land(ApiLink& link, Process& from, const std::shared_ptr<Call>& call, Process* to) {
  ApiAnswer answer = call->landed ? call->landed() : link.server.handle(call->request);
  if (is_write(call->request) && link.after_write) link.after_write(from, call->request);
  if (link.random.chance(link.weather.unanswered)) {
    arrive(link, call, to, tl::unexpected(unavailable("connection reset by peer")));
  } else {
    arrive(link, call, to, std::move(answer));
  }
}

base::Duration time_at_server(const ApiRequest& request) {
  const auto query = parse_target(request.target).query;
  const auto told = query.find("timeout");
  return told == query.end() ? kWorksMost : base::seconds(std::stoll(told->second));
}

void reach(ApiLink& link, Process& from, const std::shared_ptr<Call>& call, Process* to,
           base::Duration works) {
  if (link.admits && !link.admits(from)) {
    arrive(link, call, to, unauthorized());
    return;
  }
  if (link.reached) link.reached(from, call->request);
  if (works == base::Duration{}) return land(link, from, call, to);
  link.machine.after(std::min(works, time_at_server(call->request)), nullptr,
                     [&link, &from, call, to] { land(link, from, call, to); });
}

void depart(ApiLink& link, Process& from, const std::shared_ptr<Call>& call, Process* to) {
  const bool lost = link.random.chance(link.weather.lost);
  const auto held = link.held_up ? link.held_up(from, call->request) : ApiLink::HoldUp{};
  const bool late = held.on_the_way > base::Duration{};
  link.machine.after(link.delay() + held.on_the_way, nullptr,
                     [&link, &from, call, to, lost, late, works = held.at_the_server] {
                       if (late && (call->given_up || !from.alive())) return;
                       if (lost || !link.is_up) {
                         arrive(link, call, to, tl::unexpected(unavailable("connection refused")));
                       } else {
                         reach(link, from, call, to, works);
                       }
                     });
}

void send_on(ApiLink& link, Process& to, const std::shared_ptr<Flow>& flow,
             std::function<void(Flow&)> what) {
  if (!flow->open) return;
  flow->last = std::max(flow->last, link.machine.now() + link.delay());
  link.machine.at(flow->last, &to, [flow, what = std::move(what)] {
    if (!flow->open) return;
    what(*flow);
    flow->woken();
  });
}

/// From the server's side. What was sent before arrives.
void cut(ApiLink& link, Process& to, const std::shared_ptr<Flow>& flow) {
  link.server.unwatch(flow->id);
  send_on(link, to, flow, [](Flow& at) { at.over = true; });
}

void pass(ApiLink& link, Process& to, const std::shared_ptr<Flow>& flow, const Text& line) {
  const Weather& weather = link.weather;
  if (!link.is_up || link.random.chance(weather.watch_cut)) {
    cut(link, to, flow);
    return;
  }
  flow->silent |= link.random.chance(weather.watch_silent);
  if (flow->silent) return;
  if (link.random.chance(weather.watch_late)) {
    const base::Duration late(link.random.between(0, kLateMost.count()));
    flow->last = std::max(flow->last, link.machine.now() + late);
  }
  const int times = link.random.chance(weather.watch_twice) ? 2 : 1;
  for (int i = 0; i < times; ++i) {
    send_on(link, to, flow, [line](Flow& at) { at.lines.push_back(line); });
  }
}

void refuse(ApiLink& link, Process& to, const std::shared_ptr<Flow>& flow,
            base::Result<ApiAnswer> answer) {
  send_on(link, to, flow, [answer = std::move(answer)](Flow& at) { at.refused = answer; });
}

void open(ApiLink& link, Process& to, const std::shared_ptr<Flow>& flow,
          const std::string& target) {
  if (!flow->open) return;
  if (!link.is_up) {
    refuse(link, to, flow, tl::unexpected(unavailable("connection refused")));
    return;
  }
  if (link.admits && !link.admits(to)) {
    refuse(link, to, flow, unauthorized());
    return;
  }
  auto watching = link.server.watch(
      target, [&link, &to, flow](const Text& line) { pass(link, to, flow, line); });
  if (watching.code != 200) {
    refuse(link, to, flow, ApiAnswer{watching.code, watching.refusal});
    return;
  }
  flow->id = watching.id;
  send_on(link, to, flow, [](Flow& at) { at.accepted = true; });
  for (const Text& line : watching.first) {
    send_on(link, to, flow, [line](Flow& at) { at.lines.push_back(line); });
  }
  if (watching.over) {
    cut(link, to, flow);
    return;
  }
  const auto query = parse_target(target).query;
  const auto seconds = query.find("timeoutSeconds");
  if (seconds == query.end()) return;
  link.machine.after(base::seconds(std::stoll(seconds->second)), nullptr,
                     [&link, &to, flow] { cut(link, to, flow); });
}

/// A command that was begun, as far as somebody listens.
struct Command {
  bool over = false;
  std::function<void()> wake;
};

void begin_command(ApiLink& link, Process& to, const std::shared_ptr<Command>& command,
                   const ApiTarget& target) {
  link.machine.after(link.command(target), nullptr, [&link, &to, command] {
    link.machine.after(link.delay(), &to, [command] {
      command->over = true;
      if (command->wake) command->wake();
    });
  });
}

class CommandSocket final : public net::WebSocket {
 public:
  CommandSocket(const aio::Executor& executor, std::string protocol,
                std::shared_ptr<Command> command)
      : news_(executor, aio::Event::Mode::Auto),
        protocol_(std::move(protocol)),
        command_(std::move(command)) {
    command_->wake = [this] { news_.set(); };
  }
  ~CommandSocket() override { command_->wake = nullptr; }
  CommandSocket(const CommandSocket&) = delete;
  CommandSocket& operator=(const CommandSocket&) = delete;

  const std::string& protocol() const override { return protocol_; }
  aio::Task<base::Result<std::optional<std::string>>> receive(std::stop_token stop) override {
    if (told_) co_return std::nullopt;
    while (!command_->over) {
      if (!co_await news_.wait(stop)) co_return base::fail(Code::Cancelled, "exec");
    }
    told_ = true;
    co_return kube::channel_message(kube::kStatus, R"({"kind":"Status","status":"Success"})");
  }
  aio::Task<base::Result<>> send(std::string, std::stop_token) override {
    co_return base::fail(Code::Unavailable, "a command has no input here");
  }
  aio::Task<> close(std::stop_token) override { co_return; }
  bool peer_ended() const override { return told_; }
  std::string why_closed() const override { return ""; }

 private:
  aio::Event news_;
  std::string protocol_;
  std::shared_ptr<Command> command_;
  bool told_ = false;
};

class SimulatedClient final : public kube::Client {
 public:
  SimulatedClient(ApiLink& link, Process& process, aio::Executor executor,
                  const kube::ClientOptions& options)
      : link_(link),
        machine_(link.machine),
        process_(process),
        executor_(std::move(executor)),
        timeout_(options.timeout) {}

  const std::string& ns() const override { return ns_; }
  std::string host() const override { return "simulated:443"; }

  aio::Task<base::Result<kube::Reply>> send(std::string method, std::string target,
                                            std::string content_type, std::string body,
                                            std::stop_token stop) override {
    const auto call = std::make_shared<Call>();
    call->request = {std::move(method), std::move(target), std::move(content_type),
                     std::move(body)};
    return exchange(call, std::move(stop));
  }

  aio::Task<base::Result<kube::Reply>> exchange(std::shared_ptr<Call> call, std::stop_token stop) {
    const std::string what =
        call->request.method + " " + call->request.target.substr(0, call->request.target.find('?'));
    if (is_write(call->request) && link_.before_write) link_.before_write(process_, call->request);
    const base::TimePoint until = machine_.now() + timeout_;
    if (executor_ != process_.executor()) {
      co_return ended(*call, block(call, until), what);
    }
    aio::Event woken(executor_, aio::Event::Mode::Auto);
    call->wake = [&woken] { woken.set(); };
    // One that was killed a moment ago is not called any more, and one that stands still is late.
    machine_.at(machine_.now(), &process_, [&link = link_, &process = process_, call] {
      depart(link, process, call, &process);
    });
    machine_.at(until, &process_, [call] {
      if (call->wake) call->wake();
    });
    bool stopped = false;
    while (!call->answer && !stopped && (machine_.now() < until)) {
      stopped = !co_await woken.wait(stop);
    }
    call->wake = nullptr;
    call->given_up = true;
    if (!call->answer && stopped) co_return base::fail(Code::Cancelled, what);
    co_return ended(*call, true, what);
  }

  aio::Task<base::Result<kube::Reply>> stream(std::string target, std::function<void()> opened,
                                              std::function<bool(std::string_view)> sink,
                                              std::stop_token stop) override {
    const auto flow = std::make_shared<Flow>();
    const Listening listening{link_.server, *flow};
    aio::Event news(executor_, aio::Event::Mode::Auto);
    flow->wake = [&news] { news.set(); };
    machine_.after(link_.delay(), nullptr, [&link = link_, &process = process_, flow, target] {
      open(link, process, flow, target);
    });
    bool told = false;
    while (true) {
      if (flow->accepted && !std::exchange(told, true) && opened) opened();
      while (!flow->lines.empty()) {
        const Text line = std::move(flow->lines.front());
        flow->lines.pop_front();
        if (!sink(*line)) co_return kube::Reply{200};
      }
      if (flow->refused) {
        if (!*flow->refused) co_return tl::unexpected(flow->refused->error());
        co_return reply_of(**flow->refused);
      }
      if (flow->over) co_return kube::Reply{200};
      if (!co_await news.wait(stop)) co_return base::fail(Code::Cancelled, "watch " + target);
    }
  }

  /// Of exec alone, which a server takes for a create.
  aio::Task<base::Result<kube::Upgrade>> upgrade(std::string target,
                                                 std::vector<std::string> protocols,
                                                 std::stop_token stop) override {
    const ApiTarget parsed = parse_target(target);
    if (!link_.command || parsed.subresource != "exec") {
      co_return base::fail(Code::Unavailable, target + ": there are no WebSockets here");
    }
    const auto command = std::make_shared<Command>();
    const auto call = std::make_shared<Call>();
    call->request = {"POST", std::move(target), "", ""};
    call->landed = [&link = link_, &to = process_, command, parsed] {
      begin_command(link, to, command, parsed);
      return ApiAnswer{101, nullptr};
    };
    auto reply = co_await exchange(call, std::move(stop));
    // Whether it was begun is not known.
    if (!reply) {
      reply.error().retry = base::Retry::Terminal;
      co_return tl::unexpected(reply.error());
    }
    if (reply->code != 101) co_return kube::Upgrade{std::move(*reply), nullptr};
    co_return kube::Upgrade{kube::Reply{101},
                            std::make_shared<CommandSocket>(executor_, protocols.front(), command)};
  }

 private:
  /// Whoever listened does not any more, also because its process was killed.
  struct Listening {
    ApiServer& server;
    Flow& flow;
    ~Listening() {
      flow.open = false;
      flow.wake = nullptr;
      server.unwatch(flow.id);
    }
  };

  base::Result<kube::Reply> ended(const Call& call, bool alive, const std::string& what) {
    if (!alive) return tl::unexpected(unavailable(what + ": this process is dead"));
    if (!call.answer) {
      return base::fail(Code::DeadlineExceeded, what + ": no answer in time");
    }
    if (!*call.answer) return tl::unexpected(call.answer->error().with(what));
    kube::Reply reply = reply_of(**call.answer);
    reply.date = std::chrono::floor<std::chrono::seconds>(machine_.wall_now());
    return reply;
  }

  /// False: the process is dead.
  bool block(const std::shared_ptr<Call>& call, base::TimePoint until) {
    const auto runs = [this] { return !process_.alive() || !process_.stands_still(); };
    machine_.run_until(runs, base::kNever);
    if (!process_.alive()) return false;
    depart(link_, process_, call, nullptr);
    machine_.run_until([&] { return call->answer.has_value() || !process_.alive(); }, until);
    machine_.run_until(runs, base::kNever);
    return process_.alive();
  }

  ApiLink& link_;
  Machine& machine_;
  Process& process_;
  aio::Executor executor_;
  base::Duration timeout_;
  std::string ns_ = "muster-system";
};

}  // namespace

base::Duration ApiLink::delay() {
  return base::Duration(random.between(weather.delay_least.count(), weather.delay_most.count()));
}

bool is_write(const ApiRequest& request) {
  return request.method != "GET" && request.target.find("dryRun=All") == std::string::npos &&
         request.target.find("selfsubjectaccessreviews") == std::string::npos;
}

std::unique_ptr<kube::Client> connect(ApiLink& link, Process& process, aio::Executor executor,
                                      const kube::ClientOptions& options) {
  return std::make_unique<SimulatedClient>(link, process, std::move(executor), options);
}

}  // namespace sim
