// `muster system start|stop|status FILE`: a local system by hand; the file is a plan that names
// it, or the system's own.
#include <optional>

#include <fmt/format.h>

#include "aio/file.h"
#include "cli/commands.h"
#include "cli/run_task.h"
#include "runner/chronicle.h"
#include "runner/drill_target.h"

namespace cli {
namespace {

std::string status_text(const targets::LocalTarget& target) {
  std::string out = fmt::format("{}: {} in {}\n", target.system().name,
                                target.started() ? "started" : "not started", target.dir());
  if (!target.started()) return out;
  if (const std::string described = runner::one_line(target.description()); !described.empty()) {
    out += fmt::format("  {}\n", described);
  }
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
  auto file = runner::read_system_file(command.file, kinds);
  if (!file) {
    console.note(api::format(file.error()));
    return Exit::Usage;
  }
  const bool looks = command.verb == "status";
  const auto state =
      looks ? runner::StateDir::at(global.state_dir) : runner::StateDir::open(global.state_dir);
  if (!state) return failed(console, state.error());
  const std::string folder = state->systems() + "/" + file->system.name;
  if (const auto seen = aio::check_folder_if_there(state->systems()); looks && !seen) {
    return failed(console, seen.error());
  }
  if (looks && !aio::file_exists(folder)) {  // opening it would choose ports and make the folder
    console.data(fmt::format("{}: not started in {}\n", file->system.name, folder));
    return Exit::Ok;
  }
  TaskRun task;
  std::optional<aio::FileLock> lock;
  if (!looks) {
    auto taken =
        targets::lock_target(state->locks(), file->system.name, "muster system " + command.verb);
    if (!taken) return failed(console, taken.error());
    lock.emplace(std::move(*taken));
  }
  auto target = runner::open_system(task.clock(), *state, std::move(*file));
  if (!target) return failed(console, target.error());
  const auto done = act(command.verb, *target, task);
  if (!done) return failed(console, done.error());
  if (task.interrupted()) return Exit::Interrupted;
  console.data(status_text(*target));
  return Exit::Ok;
}

}  // namespace cli
