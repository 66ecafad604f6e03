// `kubectl muster run|watch|abort|approve`: what changes a Drill of the cluster, and following it.
// Data goes to stdout, as a timeline of a terminal does; beside -o the timeline goes to stderr.
#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "aio/deadline.h"
#include "api/field_text.h"
#include "cli/cluster_follow.h"
#include "cli/cluster_link.h"
#include "cli/cluster_story.h"
#include "cli/cluster_table.h"
#include "cli/commands.h"
#include "cli/object_shape.h"
#include "runner/approvals.h"

namespace cli {

const char* cluster_program(const Global& global) {
  return global.calling == Calling::Muster ? "muster cluster" : "kubectl muster";
}

namespace {

using api::Node;
using cluster::DrillObject;

constexpr int kConflictsMax = 5;  // of a change that somebody else was faster with

/// How a drill is followed, and what is said of it.
struct Following {
  bool tell = true;         // what happens on the way
  bool to_stdout = true;    // else to stderr
  int timeout_seconds = 0;  // 0: none
};

class Watching {
 public:
  Watching(ClusterLink& link, TaskRun& task, const Global& global, Console& console)
      : link_(link), task_(task), program_(cluster_program(global)), console_(console) {}

  /// To its end, Ctrl-C or the time limit.
  Exit watch(const std::string& name, Following how) {
    how_ = how;
    const auto done = task_.until_signal([&](aio::Clock& clock, std::stop_token stop) {
      return until_limit(clock, name, std::move(stop));
    });
    if (console_.out_error != 0) return Exit::Ok;
    if (task_.interrupted()) {
      goes_on(name);
      return Exit::Interrupted;
    }
    if (!done) {
      if (done.error().code == base::Code::DeadlineExceeded) {
        console_.note(fmt::format("error: drill {} has not ended within {} s (--timeout-seconds)\n",
                                  name, how.timeout_seconds));
        goes_on(name);
        return Exit::Error;
      }
      return failed(console_, done.error());
    }
    say(end_text(*end_, program_));
    return exit_of(*end_);
  }

 private:
  aio::Task<base::Result<>> until_limit(aio::Clock& clock, std::string name, std::stop_token stop) {
    if (how_.timeout_seconds == 0) co_return co_await to_the_end(name, std::move(stop));
    auto make = [this, &name](std::stop_token token) { return to_the_end(name, std::move(token)); };
    const base::TimePoint until = clock.now() + base::seconds(how_.timeout_seconds);
    co_return co_await aio::with_deadline(clock, until, std::move(stop), "watch the drill", make);
  }

  aio::Task<base::Result<>> to_the_end(std::string name, std::stop_token stop) {
    Onlooker onlooker;
    if (how_.tell) {
      onlooker.on_drill = [this](const DrillObject& drill) {
        say(story_.status(drill, link_.clock().wall_now()));
      };
      onlooker.on_event = [this](const Node& event) { say(story_.event(event)); };
    }
    onlooker.on_trouble = [this](const std::string& text) {
      console_.note("warning: " + text + "\n");
    };
    onlooker.had_enough = [this] { return console_.out_error != 0; };
    CO_TRY(end_, co_await follow(link_, name, std::move(onlooker), std::move(stop)));
    co_return base::Result<>{};
  }

  void say(const std::string& text) {
    if (text.empty()) return;
    if (how_.to_stdout) {
      console_.data(text);
    } else {
      console_.note(text);
    }
  }

  void goes_on(const std::string& name) {
    console_.note(
        fmt::format("drill {1} goes on; `{0} abort {1} -n {2}` ends and undoes it, "
                    "`{0} watch {1} -n {2}` shows it\n",
                    program_, name, link_.ns()));
  }

  ClusterLink& link_;
  TaskRun& task_;
  const char* program_;
  Console& console_;
  Following how_;
  DrillStory story_;
  std::optional<DrillObject> end_;
};

/// "full, quick. Did you mean \"quick\"?"
std::string known_words(const std::vector<std::string>& known, const std::string& word) {
  const std::string meant = api::suggest(word, known);
  return api::join(known) + (meant.empty() ? "" : "." + meant);
}

/// A profile that the plan does not have, before a Drill of it is made.
base::Result<> check_profile(const Node& plan, const std::string& profile) {
  std::vector<std::string> known;
  for (const api::Entry& one : plan["spec"]["profiles"].entries()) known.push_back(one.key);
  if (profile.empty() || std::find(known.begin(), known.end(), profile) != known.end()) return {};
  return base::fail(base::Code::InvalidArgument,
                    fmt::format("--profile '{}': plan {} has {}", profile,
                                plan["metadata"]["name"].as_string(), known_words(known, profile)));
}

Node drill_for(const ClusterRun& command) {
  Node meta = Node::map();
  if (command.name.empty()) {
    meta.set("generateName", command.plan + "-");
  } else {
    meta.set("name", command.name);
  }
  Node spec = Node::map().set("planRef", Node::map().set("name", command.plan));
  if (!command.profile.empty()) spec.set("profile", command.profile);
  return Node::map()
      .set("apiVersion", cluster::kDrills.api_version())
      .set("kind", cluster::kDrills.kind)
      .set("metadata", std::move(meta))
      .set("spec", std::move(spec));
}

aio::Task<base::Result<Node>> make_drill(ClusterLink& link, const ClusterRun& command) {
  if (!api::is_label(command.plan)) {
    co_return base::fail(base::Code::InvalidArgument,
                         fmt::format("PLAN '{}': the name of a RecoveryPlan of namespace {} is "
                                     "needed; a file is applied before",
                                     command.plan, link.ns()));
  }
  const auto plan = co_await link.get(cluster::kPlans, {link.ns(), command.plan});
  // Who may make Drills need not be allowed to read plans: then the operator judges.
  if (!plan && plan.error().code != base::Code::PermissionDenied) {
    co_return tl::unexpected(plan.error());
  }
  if (plan) {
    CO_TRY(check_profile(*plan, command.profile));
  }
  co_return co_await link.create(cluster::kDrills, link.ns(), drill_for(command));
}

}  // namespace

Exit run(const ClusterRun& command, const Global& global, Console& console) {
  TaskRun task;
  auto link = ClusterLink::make(global.cluster, task);
  if (!link) return failed(console, link.error());
  const auto made = task.run(make_drill(*link, command));
  if (!made) return failed(console, made.error());
  const bool table = is_table(command.shape);
  const auto text =
      table ? name_of(*made) + " created\n" : object_text(command.shape, {*made}, true);
  if (!text) return failed(console, text.error().with(name_of(*made) + " was created"));
  console.data(*text);
  if (!command.watch && !command.wait) return Exit::Ok;
  return Watching(*link, task, global, console)
      .watch((*made)["metadata"]["name"].as_string(),
             {command.watch, table, command.timeout_seconds});
}

Exit run(const ClusterWatch& command, const Global& global, Console& console) {
  TaskRun task;
  auto link = ClusterLink::make(global.cluster, task);
  if (!link) return failed(console, link.error());
  return Watching(*link, task, global, console)
      .watch(command.drill, {true, true, command.timeout_seconds});
}

namespace {

aio::Task<base::Result<DrillObject>> ask_to_abort(ClusterLink& link, std::string name) {
  CO_TRY(const DrillObject drill, co_await link.drill(name));
  if (has_ended(drill) || drill.abort) co_return drill;
  const Node body = Node::map()
                        .set("metadata", Node::map().set("uid", drill.uid))
                        .set("spec", Node::map().set("abort", true));
  CO_TRY(const Node after,
         co_await link.patch(cluster::kDrills, drill.key, kube::PatchType::Merge, body, {}));
  co_return drill;
}

}  // namespace

Exit run(const ClusterAbort& command, const Global& global, Console& console) {
  TaskRun task;
  auto link = ClusterLink::make(global.cluster, task);
  if (!link) return failed(console, link.error());
  const auto before = task.run(ask_to_abort(*link, command.drill));
  if (!before) return failed(console, before.error());
  const std::string name = "drill.muster.dev/" + command.drill;
  if (has_ended(*before)) {
    console.note(
        fmt::format("error: {} has ended already: {}\n", name,
                    before->finished() ? before->status["verdict"].as_string() : before->phase()));
    return Exit::Error;
  }
  console.data(before->abort ? name + " was asked to end before\n"
                             : name + " is asked to end and to undo what it did\n");
  if (!command.wait) return Exit::Ok;
  const Exit ended = Watching(*link, task, global, console)
                         .watch(command.drill, {false, true, command.timeout_seconds});
  // It was to be aborted, so that no verdict is no failure; not whole is one.
  return ended == Exit::Inconclusive || ended == Exit::Missed ? Exit::Ok : ended;
}

namespace {

/// The steps that wait for a person: of the plan that the drill runs, else of the one it names.
aio::Task<base::Result<std::vector<std::string>>> steps_of(ClusterLink& link, DrillObject drill) {
  Node plan = drill.status["plan"];
  if (plan.is_null()) {
    CO_TRY(plan, co_await link.get(cluster::kPlans, {drill.key.space, drill.plan}));
  }
  co_return runner::approval_steps(plan);
}

/// False: it was approved before.
aio::Task<base::Result<bool>> approve(ClusterLink& link, const ClusterApprove& command) {
  for (int conflicts = 0;; ++conflicts) {
    CO_TRY(const DrillObject drill, co_await link.drill(command.drill));
    std::vector<std::string> all = drill.spec["approvals"].as_strings();
    if (std::find(all.begin(), all.end(), command.step) != all.end()) co_return false;
    if (has_ended(drill)) {
      co_return base::fail(base::Code::FailedPrecondition,
                           fmt::format("drill {} has ended", command.drill));
    }
    CO_TRY(const std::vector<std::string> steps, co_await steps_of(link, drill));
    if (std::find(steps.begin(), steps.end(), command.step) == steps.end()) {
      co_return base::fail(base::Code::InvalidArgument,
                           fmt::format("STEP '{}': of the steps of plan {}, those that wait "
                                       "for approval are {}",
                                       command.step, drill.plan, known_words(steps, command.step)));
    }
    all.push_back(command.step);
    // The version keeps what another one approves at the same time.
    const Node body =
        Node::map()
            .set("metadata",
                 Node::map().set("uid", drill.uid).set("resourceVersion", drill.version))
            .set("spec", Node::map().set("approvals", Node::strings(all)));
    const auto done =
        co_await link.patch(cluster::kDrills, drill.key, kube::PatchType::Merge, body, {});
    if (done) co_return true;
    const bool conflict = done.error().code == base::Code::FailedPrecondition;
    if (!conflict || conflicts >= kConflictsMax) co_return tl::unexpected(done.error());
  }
}

}  // namespace

Exit run(const ClusterApprove& command, const Global& global, Console& console) {
  TaskRun task;
  auto link = ClusterLink::make(global.cluster, task);
  if (!link) return failed(console, link.error());
  const auto done = task.run(approve(*link, command));
  if (!done) return failed(console, done.error());
  console.data(fmt::format("drill.muster.dev/{}: step {} {}\n", command.drill, command.step,
                           *done ? "approved" : "was approved before"));
  return Exit::Ok;
}

}  // namespace cli
