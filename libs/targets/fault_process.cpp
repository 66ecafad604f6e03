#include "targets/fault_process.h"

#include <algorithm>
#include <csignal>

#include <fmt/format.h>

#include "api/action.h"
#include "targets/fields.h"

namespace targets {
namespace {

using api::Node;

constexpr auto kGoneWithin = base::seconds(20);

api::ActionKind table() {
  using namespace fields;
  return kind("process", api::Use::Fault, "Sends a signal to a process and its descendants.",
              {reference("name", Names::Process, Need::Required, "the process"),
               choice("signal", {"KILL", "STOP", "TERM", "INT", "QUIT"}, "KILL",
                      "the signal; KILL and STOP are proven before the fault counts as done"),
               flag("tree", true, "whether its descendants get the signal too")});
}

int number_of(const std::string& signal) {
  if (signal == "STOP") {
    return SIGSTOP;
  }
  if (signal == "TERM") {
    return SIGTERM;
  }
  if (signal == "INT") {
    return SIGINT;
  }
  return signal == "QUIT" ? SIGQUIT : SIGKILL;
}

aio::Task<base::Result<>> until_suspended(aio::Clock& clock, std::vector<ProcessId> processes,
                                          std::stop_token stop) {
  const base::TimePoint deadline = clock.now() + kGoneWithin;
  const auto runs = [](const ProcessId& id) { return state_of(id) == ProcessState::Running; };
  while (std::any_of(processes.begin(), processes.end(), runs)) {
    if (clock.now() >= deadline) {
      co_return base::fail(base::Code::DeadlineExceeded, "still running after SIGSTOP");
    }
    if (!co_await aio::wait_for(clock, base::millis(1), stop)) {
      co_return base::fail(base::Code::Cancelled, "waiting for processes to be suspended");
    }
  }
  co_return base::Result<>{};
}

class ProcessFault final : public Driver {
 public:
  const api::ActionKind& kind() const override { return kind_; }
  // To resume or restart an old primary after a promotion would make two of them.
  drill::Undo rule(const Node&) const override { return drill::Undo::IfNotPromoted; }
  std::vector<std::string> touches(const Node& params) const override {
    return {params["name"].as_string()};
  }

  aio::Task<base::Result<Node>> prepare(Context& context, Node params, std::stop_token) override {
    const std::string& name = params["name"].as_string();
    CO_TRY(const api::ProcessSpec spec, context.local().process(name));
    CO_TRY(const auto roots, context.local().roots(name));
    if (roots.empty()) {
      co_return base::fail(
          base::Code::FailedPrecondition,
          fmt::format("process '{}' does not run (pid file {})", name, spec.pid_file));
    }
    if (!spec.start && number_of(params["signal"].as_string()) != SIGSTOP) {
      co_return base::fail(base::Code::FailedPrecondition,
                           fmt::format("process '{}' has no start command, so the fault could not "
                                       "be undone",
                                       name));
    }
    co_return Node::map().set("pid", std::int64_t{roots.front().pid});
  }

  aio::Task<base::Result<std::string>> apply(Context& context, Node params, Node,
                                             std::stop_token stop) override {
    const std::string& name = params["name"].as_string();
    const std::string& signal = params["signal"].as_string();
    const int number = number_of(signal);
    const bool tree = params["tree"].as_bool(true);
    CO_TRY(std::vector<ProcessId> hit, context.local().roots(name));
    if (hit.empty()) {
      co_return base::fail(base::Code::FailedPrecondition,
                           fmt::format("process '{}' is gone already", name));
    }
    if (tree && (number == SIGKILL || number == SIGSTOP)) {
      CO_TRY(hit, freeze_tree(hit));
    } else if (tree) {
      const auto children = descendants(hit);
      hit.insert(hit.end(), children.begin(), children.end());
    }
    if (number == SIGKILL) {
      CO_TRY(co_await kill_all(context.clock, hit, kGoneWithin, stop));
    } else {
      for (const ProcessId& id : hit) {
        CO_TRY(send_signal(id, number));
      }
    }
    if (number == SIGSTOP) {
      CO_TRY(co_await until_suspended(context.clock, hit, stop));
    }
    co_return fmt::format("SIG{} to {} processes of {}: {}", signal, hit.size(), name,
                          list_of(hit));
  }

  aio::Task<base::Result<>> undo(Context& context, Node params, Node,
                                 std::stop_token stop) override {
    const std::string& name = params["name"].as_string();
    CO_TRY(auto hit, context.local().roots(name));
    // Whatever the signal was: a crash may have left a tree frozen on its way to SIGKILL.
    const auto children = descendants(hit);
    hit.insert(hit.end(), children.begin(), children.end());
    for (const ProcessId& id : hit) {
      CO_TRY(send_signal(id, SIGCONT));
    }
    if (params["signal"].as_string() == "STOP") {
      co_return base::Result<>{};
    }
    // Start commands may be repeated; a server that got SIGTERM a moment ago may still be ending.
    co_return co_await context.local().start_process(name, stop);
  }

 private:
  api::ActionKind kind_ = table();
};

}  // namespace

std::unique_ptr<Driver> make_process_fault() {
  return std::make_unique<ProcessFault>();
}

}  // namespace targets
