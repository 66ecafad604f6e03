#include "api/plan_rules.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "api/field_text.h"
#include "api/pod_set_rules.h"

namespace api {
namespace {

constexpr double kWeekMillis = 7.0 * 24 * 3600 * 1000;
constexpr double kRateMax = 1e6;

bool is_time(std::string_view metric) {
  return metric.ends_with("Millis");
}

bool is_percent(std::string_view metric) {
  return metric.ends_with("Percent");
}

/// D6: times and errors must stay below their target, everything else above.
bool is_bounded_above(std::string_view metric) {
  return is_time(metric) || metric == "ErrorPercent";
}

void check_criterion(Decoder& decoder, const Criterion& criterion, const Node& node,
                     const std::string& path) {
  const char* right = is_bounded_above(criterion.metric) ? "atMost" : "atLeast";
  const char* used = criterion.at_most ? "atMost" : "atLeast";
  const Node& value = node[used];
  if (std::string_view(right) != used) {
    decoder.complain(node.mark, path + "." + used,
                     fmt::format("{} is judged by {}, not by {}", criterion.metric, right, used));
  }
  const bool percent = is_percent(criterion.metric);
  const bool may_be_zero = criterion.metric == "ErrorPercent";
  if (criterion.target < 0 || (criterion.target == 0 && !may_be_zero)) {
    decoder.complain(
        value.mark, path + "." + used,
        fmt::format("{} is out of range: a target of {} {}", show(value), criterion.metric,
                    may_be_zero ? "is 0 or more" : "must be more than 0"));
  } else if (percent && criterion.target > 100) {
    decoder.complain(value.mark, path + "." + used,
                     fmt::format("{} is out of range: percent go up to 100", show(value)));
  } else if (const double most = is_time(criterion.metric) ? kWeekMillis : kRateMax;
             criterion.target > most) {
    decoder.complain(value.mark, path + "." + used,
                     fmt::format("{} is out of range: a target of {} goes up to {:.0f}",
                                 show(value), criterion.metric, most));
  }
}

/// What the users' operations tell; the rest is not theirs to tell.
bool is_of_operations(std::string_view metric) {
  return metric == "ApiResponseMillis" || metric == "QueryMillis" || metric == "ErrorPercent" ||
         metric == "RequestsPerSecond" || metric == "SatisfactionPercent" || metric == "Users";
}

void check_operation(Decoder& decoder, const Criterion& criterion, const RecoveryPlan& plan,
                     const Node& node, const std::string& path) {
  if (criterion.operation.empty()) return;
  const Mark mark = node["operation"].mark;
  if (!is_of_operations(criterion.metric)) {
    decoder.complain(mark, path + ".operation",
                     fmt::format("{} is not measured by operation", criterion.metric));
    return;
  }
  std::vector<std::string> known;
  if (plan.load) {
    for (const LoadOperation& operation : plan.load->mix) known.push_back(operation.name);
  }
  if (std::ranges::count(known, criterion.operation) > 0) return;
  decoder.complain(
      mark, path + ".operation",
      fmt::format("there is no operation \"{}\" in spec.load.mix.{} There are: {}",
                  criterion.operation, suggest(criterion.operation, known), join(known)));
}

/// Targets that the plan's own load can never meet, whatever the system does.
void check_reachable(Decoder& decoder, const Criterion& criterion, const RecoveryPlan& plan,
                     const Node& node, const std::string& path) {
  if (!plan.load || criterion.at_most) return;
  const Mark mark = node["atLeast"].mark;
  const auto users = static_cast<double>(plan.load->users);
  if (criterion.metric == "Users" && criterion.target > users) {
    decoder.complain(mark, path + ".atLeast",
                     fmt::format("{} users can never be met: spec.load.users is {}",
                                 show(node["atLeast"]), plan.load->users));
  }
  if (criterion.metric != "RequestsPerSecond" || criterion.operation.empty()) return;
  // Of one operation the users' own rate is all there is; the capacity stream reads.
  for (const LoadOperation& operation : plan.load->mix) {
    if (operation.name != criterion.operation) continue;
    const double rate =
        static_cast<double>(plan.load->operations_per_minute * operation.share) / 6000;
    if (criterion.target <= rate) continue;
    decoder.complain(
        mark, path + ".atLeast",
        fmt::format("{} per second can never be met: spec.load.operationsPerMinute ({}) "
                    "and the share of {} ({} %) make {:.3g}",
                    show(node["atLeast"]), plan.load->operations_per_minute, operation.name,
                    operation.share, rate));
  }
}

void check_criteria(Decoder& decoder, const RecoveryPlan& plan,
                    const std::vector<Criterion>& criteria, const Node& list,
                    const std::string& path) {
  std::set<std::tuple<std::string, std::string, std::string>> seen;
  for (std::size_t i = 0; i < criteria.size(); ++i) {
    const Criterion& criterion = criteria[i];
    const Node& node = list.items()[i];
    const std::string at = fmt::format("{}[{}]", path, i);
    check_criterion(decoder, criterion, node, at);
    check_operation(decoder, criterion, plan, node, at);
    check_reachable(decoder, criterion, plan, node, at);
    if (!seen.emplace(criterion.metric, is_time(criterion.metric) ? criterion.statistic : "",
                      criterion.operation)
             .second) {
      decoder.complain(node.mark, at, fmt::format("{} is judged twice", criterion.metric));
    }
  }
}

void check_statement(Decoder& decoder, const LoadOperation& operation, const Node& node) {
  const std::string path = "spec.load.mix." + operation.name;
  if (operation.request) {
    decoder.complain(node["request"].mark, path + ".request",
                     "is for a load whose probe is an http probe: spec.load.probe must name one");
  }
  if (operation.secured) {
    decoder.complain(node["secured"].mark, path + ".secured",
                     "is for a load whose probe is an http probe: spec.load.probe must name one");
  }
  const bool known =
      operation.name == "read" || operation.name == "write" || operation.name == "heavy";
  if (known || !operation.statement.empty()) return;
  decoder.complain(node.mark, path + ".statement",
                   "is missing: only read, write and heavy have a statement of their own");
}

void check_path(Decoder& decoder, const HttpRequestSpec& request, const Node& node,
                const std::string& path) {
  const bool sendable =
      std::ranges::all_of(request.path, [](char c) { return c > ' ' && c < 127; });
  if (!request.path.starts_with('/') || !sendable) {
    decoder.complain(
        node["path"].mark, path + ".path",
        fmt::format("{} is no path: it begins with / and has no blanks", show(node["path"])));
  }
  if (!request.body.empty() && request.method != "POST") {
    decoder.complain(node["body"].mark, path + ".body",
                     fmt::format("a {} sends none: method POST does", request.method));
  }
  for (const Node& status : node["status"].items()) {
    const std::string& text = status.as_string();
    const bool three = text.size() == 3 && text[0] >= '1' && text[0] <= '5' &&
                       text.find_first_not_of("0123456789") == std::string::npos;
    if (three) continue;
    decoder.complain(status.mark, path + ".status",
                     fmt::format("{} is none: 100 to 599 are allowed", show(status)));
  }
}

void check_request(Decoder& decoder, const RecoveryPlan& plan, const LoadOperation& operation,
                   const Node& node) {
  const std::string path = "spec.load.mix." + operation.name;
  if (!operation.statement.empty()) {
    decoder.complain(node["statement"].mark, path + ".statement",
                     "is for a load on a database: the load's probe is an http probe");
  }
  if (operation.secured && !plan.load->login) {
    decoder.complain(node["secured"].mark, path + ".secured",
                     "needs spec.load.login: how a user logs in");
  }
  if (operation.request) {
    return check_path(decoder, *operation.request, node["request"], path + ".request");
  }
  decoder.complain(node.mark, path + ".request",
                   "is missing: the load's probe is an http probe, so an operation is a request");
}

void check_load(Decoder& decoder, const RecoveryPlan& plan, const Node& load) {
  if (!plan.load) return;
  const ProbeSpec* probe = loaded_probe(plan);
  const bool over_http = probe != nullptr && probe->action.kind == "http";
  const bool loadable = probe == nullptr || over_http || probe->action.kind == "postgres";
  if (!loadable) {
    decoder.complain(load["probe"].mark, "spec.load.probe",
                     fmt::format("\"{}\" is a probe of kind {}: users work with a postgres or an "
                                 "http probe's service",
                                 probe->name, probe->action.kind));
  }
  if (plan.load->login && over_http) {
    check_path(decoder, *plan.load->login, load["login"], "spec.load.login");
  } else if (plan.load->login) {
    decoder.complain(load["login"].mark, "spec.load.login",
                     "is for a load whose probe is an http probe: spec.load.probe must name one");
  }
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < plan.load->mix.size(); ++i) {
    const LoadOperation& operation = plan.load->mix[i];
    const Node& node = load["mix"].items()[i];
    sum += operation.share;
    if (over_http) {
      check_request(decoder, plan, operation, node);
    } else {
      check_statement(decoder, operation, node);
    }
  }
  if (sum != 100) {
    decoder.complain(load["mix"].mark, "spec.load.mix",
                     fmt::format("the shares sum to {}: they must sum to 100", sum));
  }
}

void check_timing(Decoder& decoder, const Timing& timing, const Node& node) {
  if (timing.baseline_seconds < timing.hold_seconds) {
    decoder.complain(node["baselineSeconds"].mark, "spec.timing.baselineSeconds",
                     fmt::format("{} is less than holdSeconds ({}): a steady state of that length "
                                 "must come before the fault",
                                 timing.baseline_seconds, timing.hold_seconds));
  }
  const std::int64_t least =
      timing.baseline_seconds + timing.hold_seconds + timing.validation_seconds;
  if (timing.deadline_seconds <= least) {
    decoder.complain(node["deadlineSeconds"].mark, "spec.timing.deadlineSeconds",
                     fmt::format("{} is too short: baseline, hold and validation alone take {}",
                                 timing.deadline_seconds, least));
  }
}

void check_step(Decoder& decoder, const Step& step, const Node& node, const std::string& path) {
  const bool waits = only_waits(step.action);
  if (step.forward_only && waits) {
    decoder.complain(node["forwardOnly"].mark, path + ".forwardOnly",
                     "a waitFor or approval step changes nothing that could be taken back");
  }
  if (step.forward_only && step.undo) {
    decoder.complain(node["undo"].mark, path + ".undo", "a forwardOnly step cannot have an undo");
  }
  if (waits && step.undo) {
    decoder.complain(node["undo"].mark, path + ".undo",
                     "a waitFor or approval step changes nothing that could be undone");
  }
  if (step.target_millis > step.timeout_seconds * 1000) {
    decoder.complain(node["targetMillis"].mark, path + ".targetMillis",
                     fmt::format("{} is more than the step's timeout of {} s (timeoutSeconds)",
                                 step.target_millis, step.timeout_seconds));
  }
}

void check_steps(Decoder& decoder, const RecoveryPlan& plan, const Node& spec) {
  std::map<std::string, const char*> names;
  const auto check_list = [&](const std::vector<Step>& steps, const char* list) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const Node& node = spec[list].items()[i];
      const std::string path = fmt::format("spec.{}.{}", list, steps[i].name);
      check_step(decoder, steps[i], node, path);
      const auto [first, is_new] = names.emplace(steps[i].name, list);
      if (!is_new) {
        decoder.complain(
            node["name"].mark, path + ".name",
            fmt::format("\"{}\" is taken by a step of spec.{}", steps[i].name, first->second));
      }
    }
  };
  check_list(plan.recovery, "recovery");
  check_list(plan.failback, "failback");
}

/// A token of RFC 9110 §5.6.2, as names of headers are.
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_printable(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

void check_webhook(Decoder& decoder, const Notification& notification, const Node& node,
                   const std::string& path) {
  const std::string& url = notification.url;
  const bool known = url.starts_with("http://") || url.starts_with("https://");
  if (!known || !is_printable(url) || url.find(' ') != std::string::npos) {
    decoder.complain(node["url"].mark, path + ".url",
                     fmt::format("{} is no address of http:// or https://", show(node["url"])));
  }
  for (const Entry& header : node["headers"].entries()) {
    if (!is_token(header.key) || !is_printable(header.value.as_string())) {
      decoder.complain(header.mark, path + ".headers",
                       fmt::format("\"{}\" cannot be a header", header.key));
    }
    std::string name = header.key;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    for (const char* own :
         {"host", "content-length", "content-type", "connection", "transfer-encoding"}) {
      if (name != own) continue;
      decoder.complain(header.mark, path + ".headers",
                       fmt::format("\"{}\" is set by the program itself", header.key));
    }
  }
}

void check_notifications(Decoder& decoder, const RecoveryPlan& plan, const Node& list) {
  for (std::size_t i = 0; i < plan.notifications.size(); ++i) {
    const Notification& notification = plan.notifications[i];
    const Node& webhook = list.items()[i]["webhook"];
    const std::string path = fmt::format("spec.notifications.{}.webhook", notification.name);
    if (webhook.is_map()) check_webhook(decoder, notification, webhook, path);
  }
}

/// What nothing measures would never be met, and never be missed.
void check_objectives(Decoder& decoder, const RecoveryPlan& plan, const Node& node) {
  if (!plan.objectives.rpo_seconds || keeps_ledger(plan)) return;
  const Node& rpo = node["rpoSeconds"];
  decoder.complain(rpo.mark, "spec.objectives.rpoSeconds",
                   fmt::format("{} cannot be measured: no probe of the plan keeps a ledger of "
                               "acknowledged writes. A postgres probe does; without one leave "
                               "rpoSeconds out, and no RPO is judged",
                               show(rpo)));
}

void check_mode(Decoder& decoder, const RecoveryPlan& plan, const Node& spec) {
  if (plan.mode == FailoverMode::Orchestrate) {
    if (!plan.recovery.empty()) return;
    decoder.complain(spec.mark, "spec.recovery",
                     "has no steps: failover Orchestrate needs some; failover: Observe is for "
                     "systems that recover by themselves");
    return;
  }
  for (const Step& step : plan.recovery) {
    if (only_waits(step.action)) continue;
    decoder.complain(step.action.mark,
                     fmt::format("spec.recovery.{}.{}", step.name, step.action.kind),
                     "with failover Observe recovery steps may only wait (waitFor, approval): the "
                     "system recovers by itself");
  }
}

void check_roles(Decoder& decoder, const Node& roles) {
  for (const Entry& role : roles.entries()) {
    if (is_label(role.key)) continue;
    decoder.complain(role.mark, "spec.roles",
                     fmt::format("\"{}\" cannot be a role: lower-case letters, digits and '-' are "
                                 "allowed",
                                 role.key));
  }
}

}  // namespace

void check_plan_rules(Decoder& decoder, const RecoveryPlan& plan, const Node& spec) {
  check_objectives(decoder, plan, spec["objectives"]);
  check_criteria(decoder, plan, plan.degraded, spec["criteria"]["degraded"],
                 "spec.criteria.degraded");
  check_criteria(decoder, plan, plan.validation, spec["criteria"]["validation"],
                 "spec.criteria.validation");
  check_load(decoder, plan, spec["load"]);
  check_timing(decoder, plan.timing, spec["timing"]);
  check_steps(decoder, plan, spec);
  check_mode(decoder, plan, spec);
  check_roles(decoder, spec["roles"]);
  check_pod_sets(decoder, spec["target"]["kubernetes"]["workloads"]);
  check_notifications(decoder, plan, spec["notifications"]);
  if (plan.faults.empty()) {
    decoder.complain(spec["faults"].mark, "spec.faults", "has no items: at least one is needed");
  }
  if (plan.probes.empty()) {
    decoder.complain(spec["probes"].mark, "spec.probes", "has no items: at least one is needed");
  }
  const Node& profiles = spec["profiles"];
  if (!plan.profile.empty() && !profiles.has(plan.profile)) {
    std::vector<std::string> known;
    for (const Entry& entry : profiles.entries()) known.push_back(entry.key);
    decoder.complain(spec["profile"].mark, "spec.profile",
                     fmt::format("there is no profile \"{}\".{} There are: {}", plan.profile,
                                 suggest(plan.profile, known), join(known)));
  }
}

}  // namespace api
