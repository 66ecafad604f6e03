// `muster schedule run|next|list`: drills at their times.
#include <chrono>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/run_task.h"
#include "report/rows.h"
#include "runner/results.h"
#include "runner/schedule_service.h"

namespace cli {
namespace {

using api::Node;
using scheduling::Instant;

struct Kinds {
  targets::Catalog catalog = targets::local_catalog();
  api::ActionCatalog actions = runner::action_catalog(catalog);
};

Instant now() {
  return scheduling::whole_second(aio::wall_now());
}

/// All of them at once, before any is served.
bool read_all(const std::vector<std::string>& files, const Kinds& kinds, Console& console,
              std::vector<runner::ScheduleFile>& out) {
  bool good = true;
  for (const std::string& file : files) {
    auto read = runner::read_schedule(file, kinds.actions, now());
    if (!read) {
      console.note(api::format(read.error()) + "\n");
      good = false;
      continue;
    }
    for (const std::string& warning : read->warnings) {
      console.note(fmt::format("{}: warning: {}\n", file, warning));
    }
    out.push_back(std::move(*read));
  }
  return good;
}

/// Real time, shifted so that it begins elsewhere: tests need not wait for a slot.
class ShiftedClock final : public aio::Clock {
 public:
  explicit ShiftedClock(aio::Clock& real) : real_(real) {}
  void begin_at(Instant at) { shift_ = at - real_.wall_now(); }

  base::TimePoint now() const override { return real_.now(); }
  base::WallTime wall_now() const override { return real_.wall_now() + shift_; }
  std::unique_ptr<aio::Alarm> alarm(const aio::Executor& executor) override {
    return real_.alarm(executor);
  }

 private:
  aio::Clock& real_;
  base::Duration shift_{};
};

using Services = std::vector<std::unique_ptr<runner::ScheduleService>>;

base::Result<Services> open_all(std::vector<runner::ScheduleFile> files, const Kinds& kinds,
                                aio::Clock& clock, const aio::Executor& executor,
                                const runner::StateDir& state, Console& console) {
  const auto say = [&clock, &console](const std::string& line) {
    console.note(fmt::format("{} {}\n", base::rfc3339(clock.wall_now()), line));
  };
  Services services;
  for (runner::ScheduleFile& file : files) {
    TRY(auto service, runner::ScheduleService::open(clock, executor,
                                                    {state, std::move(file), kinds.actions, say}));
    services.push_back(std::move(service));
  }
  return services;
}

aio::Task<base::Result<>> serve_all(Services& services, std::stop_token stop) {
  aio::TaskGroup group(co_await boost::asio::this_coro::executor);
  for (auto& service : services) group.spawn(service->serve(stop));
  co_return co_await group.join();
}

/// "27 h 00 min", from two days on "8 d 03 h".
std::string distance(Instant from, Instant to) {
  const auto hours = std::chrono::floor<std::chrono::hours>(to - from).count();
  return hours < 48 ? base::human(to - from) : fmt::format("{} d {:02} h", hours / 24, hours % 24);
}

std::string table_of(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

void print_node(const Node& node, Output output, Console& console) {
  const std::string json = api::to_json(node, 2) + "\n";
  console.data(output == Output::Yaml ? report::yaml_of_json(json).value_or(json) : json);
}

Node node_of(const scheduling::Upcoming& one, const scheduling::Zone& zone) {
  Node out = Node::map()
                 .set("slot", scheduling::utc_text(one.slot.at))
                 .set("local", scheduling::text_of(one.slot.at, zone))
                 .set("zone", zone.abbreviation(one.slot.at))
                 .set("starts", one.starts.has_value());
  if (one.starts) out.set("startsAt", scheduling::utc_text(*one.starts));
  return out.set("reason", one.reason);
}

std::string next_table(const std::vector<scheduling::Upcoming>& slots, const scheduling::Zone& zone,
                       Instant from) {
  std::vector<std::vector<std::string>> rows = {
      {"SLOT", "ZONE", "UTC", "AFTER", "STARTS", "REASON"}};
  for (const auto& one : slots) {
    rows.push_back({scheduling::text_of(one.slot.at, zone), zone.abbreviation(one.slot.at),
                    scheduling::utc_text(one.slot.at), distance(from, one.slot.at),
                    one.starts ? "yes" : "no", one.reason});
  }
  return table_of(rows);
}

struct Listed {
  std::string name, source, state, next, last_slot, last_outcome, last_detail, drill;
};

/// What became of the newest slot: of a started one its drill, and how that ended.
void tell_last(const scheduling::State& known, const runner::StateDir& state, Listed& out) {
  if (known.recent.empty()) return;
  const scheduling::Record& last = known.recent.back();
  out.last_slot = scheduling::utc_text(last.slot);
  out.last_outcome = scheduling::name(last.outcome);
  out.last_detail = last.detail;
  if (last.outcome != scheduling::Outcome::Started) return;
  const auto dir = runner::drill_of(state, {out.name, last.slot});
  out.drill = dir ? dir->id() : "";
  const auto report =
      dir ? runner::load_report(*dir) : base::fail(base::Code::NotFound, "no drill");
  if (report) {
    out.last_detail = drill::name(report->verdict);
  } else {
    out.last_detail = dir ? "no report yet" : "no drill was begun";
  }
}

Listed listed(const runner::ScheduleDir& dir, const runner::StateDir& state, const Kinds& kinds) {
  Listed out;
  out.name = dir.name();
  out.state = dir.served() ? "served" : "not served";
  out.source = aio::read_file(dir.source(), 1U << 16U).value_or("");
  const auto known = dir.load();
  if (!known) {
    out.state = "damaged";
    out.last_detail = known.error().message;
    return out;
  }
  if (!*known) return out;
  tell_last(**known, state, out);
  const auto file = runner::read_schedule(out.source, kinds.actions, now());
  if (!file) {
    out.next = "its file is gone or wrong";
    return out;
  }
  if (file->spec.suspend) out.state += ", suspended";
  const Instant from = std::max(now(), (*known)->decided.value_or(now()));
  const auto next = scheduling::upcoming(file->spec, from, 1);
  if (!next.empty()) out.next = scheduling::text_of(next.front().slot.at, file->spec.zone);
  return out;
}

Node node_of(const Listed& one) {
  return Node::map()
      .set("name", one.name)
      .set("state", one.state)
      .set("file", one.source)
      .set("next", one.next)
      .set("lastSlot", one.last_slot)
      .set("lastOutcome", one.last_outcome)
      .set("lastDetail", one.last_detail)
      .set("lastDrill", one.drill);
}

}  // namespace

Exit run(const ScheduleRun& command, const Global& global, Console& console) {
  const Kinds kinds;
  std::vector<runner::ScheduleFile> files;
  if (!read_all(command.files, kinds, console, files)) return Exit::Usage;
  const auto state = runner::StateDir::open(global.state_dir);
  if (!state) return failed(console, state.error());
  TaskRun tasks;
  ShiftedClock clock(tasks.clock());
  if (!command.clock_from.empty()) {
    const auto begin = scheduling::parse_time(command.clock_from, scheduling::Zone::utc());
    if (!begin) return failed(console, begin.error().with("--clock-from"));
    clock.begin_at(*begin);
  }
  auto services = open_all(std::move(files), kinds, clock, tasks.executor(), *state, console);
  if (!services) return failed(console, services.error());
  const auto done = tasks.until_signal(
      [&](aio::Clock&, std::stop_token stop) { return serve_all(*services, std::move(stop)); });
  if (!done) return failed(console, done.error());
  for (const auto& service : *services) {
    if (service->interrupted_a_drill()) return Exit::Interrupted;
  }
  return Exit::Ok;
}

Exit run(const ScheduleNext& command, const Global& /*global*/, Console& console) {
  const Kinds kinds;
  std::vector<runner::ScheduleFile> files;
  if (!read_all({command.file}, kinds, console, files)) return Exit::Usage;
  const scheduling::Spec& spec = files.front().spec;
  Instant from = now();
  if (!command.from.empty()) {
    const auto time = scheduling::parse_time(command.from, spec.zone);
    if (!time) return failed(console, time.error().with("--from"));
    from = *time;
  }
  const auto slots = scheduling::upcoming(spec, from, static_cast<std::size_t>(command.count));
  if (command.output == Output::Table) {
    console.data(next_table(slots, spec.zone, from));
    return Exit::Ok;
  }
  Node items = Node::sequence();
  for (const auto& one : slots) items.push(node_of(one, spec.zone));
  print_node(Node::map()
                 .set("schedule", spec.name)
                 .set("cron", spec.cron.text())
                 .set("timeZone", spec.zone.name())
                 .set("slots", std::move(items)),
             command.output, console);
  return Exit::Ok;
}

Exit run(const ScheduleList& command, const Global& global, Console& console) {
  const auto state = runner::StateDir::at(global.state_dir);
  if (!state) return failed(console, state.error());
  const Kinds kinds;
  std::vector<std::vector<std::string>> rows = {
      {"NAME", "STATE", "NEXT", "LAST SLOT", "OUTCOME", "DRILL", "DETAIL"}};
  Node items = Node::sequence();
  for (const runner::ScheduleDir& dir : runner::ScheduleDir::all(*state)) {
    const Listed one = listed(dir, *state, kinds);
    rows.push_back({one.name, one.state, one.next, one.last_slot, one.last_outcome, one.drill,
                    one.last_detail});
    items.push(node_of(one));
  }
  if (command.output != Output::Table) {
    print_node(Node::map().set("schedules", std::move(items)), command.output, console);
  } else if (rows.size() == 1) {
    console.data(fmt::format("no schedule was served in {}\n", state->root()));
  } else {
    console.data(table_of(rows));
  }
  return Exit::Ok;
}

}  // namespace cli
