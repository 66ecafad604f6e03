#include "cluster/step_exec.h"

#include <algorithm>

#include <fmt/format.h>

#include "cluster/cluster_target.h"
#include "cluster/gone.h"
#include "cluster/rights.h"
#include "kube/exec.h"
#include "targets/fields.h"
#include "targets/outliving.h"

namespace cluster {
namespace {

using api::Node;
using targets::Context;

constexpr std::size_t kOutputMax = 4096;  // what a timeline shows is one line

constexpr const char* kLimit =
    "how long its end is waited for, in seconds; it is not ended by that";

std::vector<api::FieldSpec> where_fields(const std::string& limit) {
  using namespace targets::fields;
  return {reference("workload", Names::Process, Need::Required,
                    "the workload; the command runs in its first ready pod by name"),
          text("container", Need::Optional, "the container; default: the pod's default one"),
          argv("argv", Need::Required, "program and arguments; no shell"),
          integer("timeoutSeconds", {1, 3600}, 60, limit)};
}

api::ActionKind step_table() {
  using namespace targets::fields;
  std::vector<api::FieldSpec> fields =
      where_fields(fmt::format("{}, and a guardian undoes it once more after that time", kLimit));
  fields.push_back(argv("undo", Need::Optional,
                        "program and arguments that put back what argv changed; may be repeated"));
  fields.push_back(choice("undoWhen", {"IfNotPromoted", "Always"}, "IfNotPromoted",
                          "whether the undo is right after another instance took over, too"));
  return kind("exec", api::Use::Fault | api::Use::Step,
              "Runs a command in a container; exit code 0 is success.", std::move(fields));
}

api::ActionKind condition_table() {
  return targets::fields::kind("exec", api::Use::Condition,
                               "Whether a command in a container ends with exit code 0.",
                               where_fields(kLimit));
}

std::string one_line(const kube::ExecOutcome& outcome) {
  std::string text = outcome.out.empty() ? outcome.err : outcome.out;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  const std::size_t begin = text.rfind('\n');
  return begin == std::string::npos ? text : text.substr(begin + 1);
}

base::Duration limit_of(const Node& params) {
  return base::seconds(params["timeoutSeconds"].as_int(60));
}

/// Errors: FailedPrecondition: no pod to run it in; of kube::exec(), with those codes for what is
/// not known that targets::outcome_unknown() takes for that.
aio::Task<base::Result<kube::ExecOutcome>> run(Context& context, Node params, std::string key,
                                               std::stop_token stop) {
  ClusterTarget& target = cluster_of(context);
  const std::string& workload = params["workload"].as_string();
  const std::vector<Pod> pods = target.pods_of(workload);
  const auto pod = std::find_if(pods.begin(), pods.end(),
                                [](const Pod& each) { return each.ready && !each.deleting; });
  if (pod == pods.end()) {
    co_return base::fail(
        base::Code::FailedPrecondition,
        fmt::format("workload '{}' has no ready pod to run a command in", workload));
  }
  kube::ExecRequest request;
  request.pod = {target.ns(), pod->name};
  request.container = params["container"].as_string();
  request.argv = params[key].as_strings();
  request.output_bytes_max = kOutputMax;
  const base::TimePoint deadline = context.clock.now() + limit_of(params);
  auto outcome = co_await kube::exec(context.clock, target.client(), std::move(request), deadline,
                                     std::move(stop));
  if (!outcome && kube::may_have_run(outcome.error())) {
    base::Error error = outcome.error();
    error.code = base::Code::DeadlineExceeded;
    co_return tl::unexpected(std::move(error));
  }
  co_return outcome;
}

class ExecStep final : public targets::Driver, public targets::Outliving {
 public:
  const api::ActionKind& kind() const override { return kind_; }
  base::Duration outlives(const Node& params) const override { return limit_of(params); }
  drill::Undo rule(const Node& params) const override {
    if (params["undo"].size() == 0) return drill::Undo::None;
    return params["undoWhen"].as_string() == "Always" ? drill::Undo::Always
                                                      : drill::Undo::IfNotPromoted;
  }
  // Exit code 0 says that the program is content, not that anything is broken.
  bool needs_proof(const Node&) const override { return true; }
  std::vector<std::string> touches(const Node& params) const override {
    return {params["workload"].as_string()};
  }

  aio::Task<base::Result<>> preflight(Context& context, Node, std::stop_token stop) override {
    // A WebSocket is opened with GET, and what it then does is a create.
    co_return co_await check_rights(
        cluster_of(context),
        {{.resource = kPods, .verbs = {"get", "create"}, .subresource = "exec"}}, std::move(stop));
  }

  aio::Task<base::Result<Node>> prepare(Context& context, Node params, std::stop_token) override {
    co_return Node::map().set("uid", cluster_of(context).uid_of(params["workload"].as_string()));
  }

  aio::Task<base::Result<std::string>> apply(Context& context, Node params, Node,
                                             std::stop_token stop) override {
    const base::TimePoint over = context.clock.now() + limit_of(params);
    const auto outcome = co_await run(context, params, "argv", stop);
    if (!outcome) {
      // Nobody listens to it any more, and it may go on: an undo before its end would be for
      // nothing.
      const base::Duration left = over - context.clock.now();
      const bool goes_on = targets::outcome_unknown(outcome.error()) && left > base::Duration{};
      if (goes_on) static_cast<void>(co_await aio::wait_for(context.clock, left, std::move(stop)));
      co_return tl::unexpected(outcome.error());
    }
    const std::string program = params["argv"].as_strings().front();
    if (outcome->exit_code != 0) {
      co_return base::fail(
          base::Code::FailedPrecondition,
          fmt::format("{}: exit code {}: {}", program, outcome->exit_code, one_line(*outcome)));
    }
    const std::string said = one_line(*outcome);
    co_return said.empty() ? program : program + ": " + said;
  }

  aio::Task<base::Result<>> undo(Context& context, Node params, Node undo,
                                 std::stop_token stop) override {
    if (params["undo"].size() == 0) co_return base::Result<>{};
    const std::string& name = params["workload"].as_string();
    CO_TRY(const auto left,
           co_await workload_left(cluster_of(context), name, undo["uid"].as_string(), stop));
    if (!left) co_return base::Result<>{};
    CO_TRY(const kube::ExecOutcome outcome, co_await run(context, params, "undo", std::move(stop)));
    if (outcome.exit_code == 0) co_return base::Result<>{};
    co_return base::fail(
        base::Code::FailedPrecondition,
        fmt::format("undo: exit code {}: {}", outcome.exit_code, one_line(outcome)));
  }

 private:
  api::ActionKind kind_ = step_table();
};

class ExecCondition final : public targets::Condition {
 public:
  const api::ActionKind& kind() const override { return kind_; }

  aio::Task<base::Result<targets::Check>> check(Context& context, Node params,
                                                std::stop_token stop) override {
    const auto outcome = co_await run(context, params, "argv", std::move(stop));
    // A pod that is not there is what the condition looks for, as often as not.
    if (!outcome) co_return targets::Check{false, outcome.error().message};
    co_return targets::Check{
        outcome->exit_code == 0,
        fmt::format("exit code {}: {}", outcome->exit_code, one_line(*outcome))};
  }

 private:
  api::ActionKind kind_ = condition_table();
};

}  // namespace

std::unique_ptr<targets::Driver> make_exec_step() {
  return std::make_unique<ExecStep>();
}

std::unique_ptr<targets::Condition> make_exec_condition() {
  return std::make_unique<ExecCondition>();
}

}  // namespace cluster
