// `muster system start|stop|status PLAN`: the local system of a plan by hand.
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/run_task.h"
#include "runner/drill_target.h"

namespace cli {
namespace {

std::string status_text(const targets::LocalTarget& target) {
  std::string out = fmt::format("{}: {} in {}\n", target.system().name,
                                target.started() ? "started" : "not started", target.dir());
  if (!target.started()) return out;
  for (const api::ServiceSpec& service : target.system().services) {
    out += fmt::format("  service  {:<12} {}\n", service.name, service.address);
  }
  for (const api::InstanceSpec& instance : target.system().instances) {
    out += fmt::format("  instance {:<12} {}\n", instance.name, instance.address);
  }
  for (const api::ProcessSpec& process : target.system().processes) {
    const auto state = target.state(process.name);
    out += fmt::format("  process  {:<12} {}\n", process.name,
                       state ? targets::name(*state) : state.error().message.c_str());
  }
  return out;
}

base::Result<> act(const std::string& verb, targets::LocalTarget& target, TaskRun& task) {
  if (verb == "start") {
    if (target.started()) return {};
    return task.until_signal(
        [&](aio::Clock&, std::stop_token stop) { return target.start(std::move(stop)); });
  }
  if (verb == "stop") {
    TRY(task.until_signal(
        [&](aio::Clock&, std::stop_token stop) { return target.stop(std::move(stop)); }));
    return target.remove();
  }
  return {};
}

}  // namespace

Exit run(const System& command, const Global& global, Console& console) {
  const targets::Catalog catalog = targets::local_catalog();
  const api::ActionCatalog kinds = runner::action_catalog(catalog);
  auto file = runner::read_plan({command.file, "", {}}, kinds);
  if (!file) {
    print(console.err, api::format(file.error()) + "\n");
    return Exit::Usage;
  }
  const auto state = runner::StateDir::open(global.state_dir);
  if (!state) return failed(console, state.error());
  TaskRun task;
  const auto lock =
      targets::lock_target(state->locks(), file->system.name, "muster system " + command.verb);
  if (!lock && command.verb != "status") return failed(console, lock.error());
  auto target = runner::open_target(task.clock(), *state, std::move(*file), kinds);
  if (!target) return failed(console, target.error());
  const auto done = act(command.verb, target->target, task);
  if (!done) return failed(console, done.error());
  if (task.interrupted()) return Exit::Interrupted;
  print(console.out, status_text(target->target));
  return Exit::Ok;
}

}  // namespace cli
