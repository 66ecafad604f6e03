#include "api/crd_rules.h"

#include <fmt/format.h>

#include "api/crd_text.h"

namespace api {
namespace {

constexpr const char* kLabel = "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$";
constexpr const char* kLabelWords = "lower-case letters, digits and '-' are allowed, at most 63";
constexpr const char* kZoned =
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2})?([Zz]|[+-][0-9]{2}:[0-9]{2})?)?"
    "$";

std::string matches(const std::string& value, const std::string& pattern) {
  return fmt::format("{}.matches({})", value, cel_text(pattern));
}

using Rules = std::vector<CrdRule>;

void add_target(Rules& out) {
  out.push_back({"spec.target", "!has(self.local)",
                 "local targets are drilled by `muster drill run`, on one machine: in a cluster a "
                 "target is kubernetes",
                 "", ".local"});
  out.push_back({"spec.target", "has(self.local) || has(self.kubernetes)",
                 "kubernetes is missing: the target in the cluster is required"});
}

void add_pod_sets(Rules& out) {
  const std::string path = "spec.target.kubernetes.workloads[]";
  for (const char* field : {"selector", "count"}) {
    out.push_back({path, fmt::format("self.kind != 'Pods' || has(self.{})", field),
                   fmt::format("{} is missing: kind Pods needs it", field)});
    out.push_back({path, fmt::format("self.kind == 'Pods' || !has(self.{})", field),
                   "is for kind Pods", "'is for kind Pods: a ' + self.kind + ' has its own'",
                   fmt::format(".{}", field)});
  }
  out.push_back({path + ".selector",
                 "(has(self.matchLabels) && self.matchLabels.size() > 0) || "
                 "(has(self.matchExpressions) && self.matchExpressions.size() > 0)",
                 "asks for nothing: at least one label of matchLabels or one of matchExpressions "
                 "is required"});
  out.push_back({path + ".selector.matchExpressions[]",
                 "(self.operator in ['In', 'NotIn']) == (has(self.values) && self.values.size() > "
                 "0)",
                 "In and NotIn need values, Exists and DoesNotExist have none"});
}

void add_names(Rules& out) {
  for (const char* map : {"roles", "profiles"}) {
    out.push_back({fmt::format("spec.{}", map),
                   fmt::format("self.all(key, {})", matches("key", kLabel)),
                   fmt::format("has a key that is no name: {}", kLabelWords)});
  }
  out.push_back({"spec",
                 "!has(self.profile) || (has(self.profiles) && self.profile in self.profiles)",
                 "there is no such profile in spec.profiles",
                 "'there is no profile ' + self.profile + ' in spec.profiles'", ".profile"});
  out.push_back({"spec",
                 "!has(self.recovery) || !has(self.failback) || "
                 "self.failback.all(f, !self.recovery.exists(r, r.name == f.name))",
                 "has a step whose name a step of spec.recovery has: names of steps differ", "",
                 ".failback"});
}

void add_objectives(Rules& out) {
  constexpr const char* kWhy =
      "cannot be measured: no probe of the plan keeps a ledger of acknowledged writes. A postgres "
      "probe does; without one leave rpoSeconds out, and no RPO is judged";
  out.push_back({"spec",
                 "!has(self.objectives.rpoSeconds) || self.probes.exists(p, has(p.postgres))", kWhy,
                 fmt::format("'%d {}'.format([self.objectives.rpoSeconds])", kWhy),
                 ".objectives.rpoSeconds"});
}

void add_modes(Rules& out) {
  out.push_back({"spec",
                 "self.failover != 'Orchestrate' || (has(self.recovery) && self.recovery.size() > "
                 "0)",
                 "has no steps: failover Orchestrate needs some; failover: Observe is for systems "
                 "that recover by themselves",
                 "", ".recovery"});
  out.push_back(
      {"spec",
       "self.failover != 'Observe' || !has(self.recovery) || self.recovery.all(step, "
       "has(step.waitFor) || has(step.approval))",
       "with failover Observe recovery steps may only wait (waitFor, approval): the system "
       "recovers by itself",
       "", ".recovery"});
}

void add_steps(Rules& out) {
  for (const char* list : {"recovery", "failback"}) {
    const std::string path = fmt::format("spec.{}[]", list);
    out.push_back({path, "!self.forwardOnly || !(has(self.waitFor) || has(self.approval))",
                   "a waitFor or approval step changes nothing that could be taken back", "",
                   ".forwardOnly"});
    out.push_back({path, "!self.forwardOnly || !has(self.undo)",
                   "a forwardOnly step cannot have an undo", "", ".undo"});
    out.push_back({path, "!(has(self.waitFor) || has(self.approval)) || !has(self.undo)",
                   "a waitFor or approval step changes nothing that could be undone", "", ".undo"});
    out.push_back(
        {path, "self.targetMillis <= self.timeoutSeconds * 1000",
         "is more than the step's timeout (timeoutSeconds)",
         "'%d is more than the timeout of %d s (timeoutSeconds)'.format([self.targetMillis, "
         "self.timeoutSeconds])",
         ".targetMillis"});
  }
}

void add_timing(Rules& out) {
  out.push_back(
      {"spec.timing", "self.baselineSeconds >= self.holdSeconds",
       "is less than holdSeconds: a steady state of that length must come before the "
       "fault",
       "'%d is less than holdSeconds (%d): a steady state of that length must come before the "
       "fault'.format([self.baselineSeconds, self.holdSeconds])",
       ".baselineSeconds"});
  out.push_back({"spec.timing",
                 "self.deadlineSeconds > self.baselineSeconds + self.holdSeconds + "
                 "self.validationSeconds",
                 "is too short: baseline, hold and validation must fit into it",
                 "'%d is too short: baseline, hold and validation alone take "
                 "%d'.format([self.deadlineSeconds, "
                 "self.baselineSeconds + self.holdSeconds + self.validationSeconds])",
                 ".deadlineSeconds"});
}

void add_requests(Rules& out) {
  for (const char* path : {"spec.load.login", "spec.load.mix[].request"}) {
    out.push_back({path, matches("self.path", "^/[!-~]*$"),
                   "is no path: it begins with / and has no blanks",
                   "self.path + ' is no path: it begins with / and has no blanks'", ".path"});
    out.push_back({path, "!has(self.body) || self.body == '' || self.method == 'POST'",
                   "is sent by method POST only", "", ".body"});
    out.push_back({path,
                   fmt::format("!has(self.status) || self.status.all(one, {})",
                               matches("one", "^[1-5][0-9][0-9]$")),
                   "has an answer that is none: 100 to 599 are allowed", "", ".status"});
  }
}

void add_load(Rules& out) {
  out.push_back(
      {"spec.load.mix", "self.map(one, one.share).sum() == 100", "the shares must sum to 100",
       "'the shares sum to %d: they must sum to 100'.format([self.map(one, one.share).sum()])"});
  out.push_back(
      {"spec.load.mix[]",
       "self.name in ['read', 'write', 'heavy'] || has(self.statement) || "
       "has(self.request)",
       "has neither statement nor request: only read, write and heavy have a statement of "
       "their own"});
  out.push_back({"spec.load.mix[]",
                 "!has(self.request) || !has(self.statement) || self.statement == ''",
                 "has a request and a statement: one of them is allowed"});
  out.push_back({"spec.load", "has(self.login) || self.mix.all(one, !one.secured)",
                 "is missing: a secured operation needs to know how a user logs in", "", ".login"});
  add_requests(out);
}

void add_criterion(Rules& out, const std::string& path) {
  const std::string time = "self.metric.endsWith('Millis')";
  const std::string above = "(" + time + " || self.metric == 'ErrorPercent')";
  out.push_back({path, above + " ? has(self.atMost) : has(self.atLeast)",
                 "times and errors are judged by atMost, everything else by atLeast",
                 fmt::format("self.metric + (({}) ? ' is judged by atMost, not by atLeast' : ' is "
                             "judged by atLeast, not by atMost')",
                             above)});
  for (const char* field : {"atMost", "atLeast"}) {
    const std::string value = fmt::format("double(self.{})", field);
    out.push_back(
        {path,
         fmt::format("!has(self.{0}) || {1} > 0.0 || ({1} == 0.0 && self.metric == 'ErrorPercent')",
                     field, value),
         "is out of range: a target is more than 0, of ErrorPercent 0 or more",
         fmt::format("'%s is out of range: a target is more than 0, of ErrorPercent 0 or "
                     "more'.format([self.{}])",
                     field),
         fmt::format(".{}", field)});
    out.push_back(
        {path,
         fmt::format("!has(self.{0}) || {1} <= (self.metric.endsWith('Percent') ? 100.0 : "
                     "{2} ? 604800000.0 : 1000000.0)",
                     field, value, time),
         "is out of range: percent go up to 100, times up to 604800000, all else up to "
         "1000000",
         fmt::format(
             "'%s is out of range: percent go up to 100, times up to 604800000, all else up "
             "to 1000000'.format([self.{}])",
             field),
         fmt::format(".{}", field)});
  }
  out.push_back({path,
                 "!has(self.operation) || self.metric in ['ApiResponseMillis', 'QueryMillis', "
                 "'ErrorPercent', 'RequestsPerSecond', 'SatisfactionPercent', 'Users']",
                 "is not of operations", "self.metric + ' is not measured by operation'",
                 ".operation"});
}

void add_criteria(Rules& out) {
  for (const char* list : {"degraded", "validation"}) {
    const std::string path = fmt::format("spec.criteria.{}", list);
    add_criterion(out, path + "[]");
    out.push_back(
        {path,
         "self.all(a, self.exists_one(b, b.metric == a.metric && "
         "(!a.metric.endsWith('Millis') || b.statistic == a.statistic) && "
         "(has(b.operation) ? b.operation : '') == (has(a.operation) ? a.operation : '')))",
         "something is judged twice: metric, statistic and operation differ in a list"});
    out.push_back({"spec",
                   fmt::format("!has(self.criteria.{0}) || self.criteria.{0}.all(c, "
                               "!has(c.operation) || (has(self.load) && self.load.mix.exists(m, "
                               "m.name == c.operation)))",
                               list),
                   "has an operation that is not in spec.load.mix", "",
                   fmt::format(".criteria.{}", list)});
    out.push_back({"spec",
                   fmt::format("!has(self.load) || !has(self.criteria.{0}) || "
                               "self.criteria.{0}.all(c, c.metric != 'Users' || !has(c.atLeast) || "
                               "double(c.atLeast) <= double(self.load.users))",
                               list),
                   "has more Users than spec.load.users: that can never be met", "",
                   fmt::format(".criteria.{}", list)});
  }
}

void add_notifications(Rules& out) {
  const std::string path = "spec.notifications[].webhook";
  out.push_back({path, matches("self.url", "^https?://[^\\x00-\\x20\\x7f]*$"),
                 "is no address of http:// or https://",
                 "self.url + ' is no address of http:// or https://'", ".url"});
  out.push_back({path,
                 fmt::format("!has(self.headers) || self.headers.all(key, {})",
                             matches("key", "^[-!#$%&'*+.^_`|~0-9A-Za-z]+$")),
                 "has a name that cannot be a header's", "", ".headers"});
  out.push_back({path,
                 "!has(self.headers) || self.headers.all(key, !(key.lowerAscii() in ['host', "
                 "'content-length', 'content-type', 'connection', 'transfer-encoding']))",
                 "Host, Content-Length, Content-Type, Connection and Transfer-Encoding are set by "
                 "the program itself",
                 "", ".headers"});
}

/// What fields of the fault `sidecar` must be to its action.
void add_sidecar_fault(Rules& out, const char* path) {
  const auto of_action = [&](const char* action, const std::string& holds, const char* message,
                             const char* field) {
    out.push_back(
        {path,
         fmt::format("!has(self.sidecar) || self.sidecar.action != '{}' || {}", action, holds),
         message, "", fmt::format(".sidecar.{}", field)});
  };
  const auto empty = [](const char* field) {
    return fmt::format("(!has(self.sidecar.{0}) || self.sidecar.{0} == '')", field);
  };
  of_action("Latency", "self.sidecar.delayMillis > 0 || self.sidecar.jitterMillis > 0",
            "is 0: action Latency needs one above 0, or a jitterMillis", "delayMillis");
  of_action("Bandwidth", "self.sidecar.bytesPerSecond > 0",
            "is 0: action Bandwidth needs one above 0", "bytesPerSecond");
  of_action("Partition", "!" + empty("peer"),
            "is missing: action Partition needs an address or a prefix", "peer");
  for (const char* field : {"path", "method"}) {
    of_action("Partition", empty(field),
              "is not allowed: a Partition is of all that its peer sends", field);
  }
  of_action("Partition", "self.sidecar.percent == 100",
            "is not 100: a Partition is of all that its peer sends", "percent");
  out.push_back(
      {path,
       "!has(self.sidecar) || " + empty("path") + " || " + matches("self.sidecar.path", "^[/*]"),
       "is no pattern of paths: it begins with / or *",
       "self.sidecar.path + ' is no pattern of paths: it begins with / or *'", ".sidecar.path"});
}

void add_cron(Rules& out, const char* path, const std::string& guard) {
  out.push_back(
      {path, guard + matches("self.schedule", cron_pattern()),
       "is no schedule: minute (0-59), hour (0-23), day of month (1-31), month (1-12 or "
       "JAN-DEC) and day of week (0-7 or SUN-SAT) are needed, or @hourly, @daily, @weekly, "
       "@monthly, @yearly",
       "self.schedule + ' is no schedule: minute (0-59), hour (0-23), day of month (1-31), "
       "month (1-12 or JAN-DEC) and day of week (0-7 or SUN-SAT) are needed, or @hourly, "
       "@daily, @weekly, @monthly, @yearly'",
       ".schedule"});
}

/// An optional field that may neither change nor come nor go.
void add_fixed(Rules& out, const char* field) {
  out.push_back(
      {"spec",
       fmt::format("has(self.{0}) == has(oldSelf.{0}) && (!has(self.{0}) || self.{0} == "
                   "oldSelf.{0})",
                   field),
       "cannot be changed: a Drill is one run, and what it runs is fixed; make another Drill", "",
       fmt::format(".{}", field)});
}

}  // namespace

std::vector<CrdRule> plan_crd_rules() {
  Rules out;
  add_target(out);
  add_pod_sets(out);
  add_names(out);
  add_objectives(out);
  add_modes(out);
  add_steps(out);
  add_timing(out);
  add_load(out);
  add_criteria(out);
  add_notifications(out);
  for (const char* path : {"spec.fault", "spec.faults[]"}) add_sidecar_fault(out, path);
  return out;
}

std::vector<CrdRule> schedule_crd_rules() {
  Rules out;
  const char* window = "spec.blackouts[]";
  add_cron(out, "spec", "");
  add_cron(out, window, "!has(self.schedule) || ");
  out.push_back({window, "!has(self.schedule) || has(self.durationSeconds)",
                 "durationSeconds is missing: beside schedule it is required"});
  out.push_back({window, "!has(self.schedule) || !has(self.to)",
                 "is not allowed beside schedule: durationSeconds is", "", ".to"});
  out.push_back(
      {window, "!has(self.from) || has(self.to)", "to is missing: beside from it is required"});
  out.push_back({window, "!has(self.from) || !has(self.durationSeconds)",
                 "is not allowed beside from: to is", "", ".durationSeconds"});
  for (const char* field : {"from", "to"}) {
    const std::string value = fmt::format("self.{}", field);
    out.push_back({window, fmt::format("!has({}) || {}", value, matches(value, kZoned)),
                   "is no time: 2026-03-29T03:00:00+02:00, or 2026-03-29T03:00 and 2026-03-29 in "
                   "the time zone, are allowed",
                   value + " + ' is no time: 2026-03-29T03:00:00+02:00, or 2026-03-29T03:00 and "
                           "2026-03-29 in the time zone, are allowed'",
                   fmt::format(".{}", field)});
  }
  return out;
}

std::vector<CrdRule> drill_crd_rules() {
  Rules out;
  out.push_back(
      {"spec", "self.planRef == oldSelf.planRef",
       "cannot be changed: a Drill is one run of one plan; make another Drill",
       "'cannot be changed from ' + oldSelf.planRef.name + ' to ' + self.planRef.name + ': "
       "a Drill is one run of one plan; make another Drill'",
       ".planRef"});
  for (const char* field : {"profile", "objectives", "timing"}) add_fixed(out, field);
  out.push_back({"spec", "!oldSelf.abort || self.abort",
                 "false is not allowed: the drill was told to end, which cannot be taken back", "",
                 ".abort"});
  return out;
}

std::vector<std::string> left_to_operator() {
  return {
      "RecoveryPlan: names of workloads, services, instances, probes and roles in conditions, "
      "steps and faults lead somewhere.",
      "RecoveryPlan: keys and values of a selector are labels; what is scaled is a Deployment or a "
      "StatefulSet.",
      "RecoveryPlan: what a load's operations are must fit the kind of the load's probe: "
      "statements for postgres, requests for http.",
      "RecoveryPlan: `RequestsPerSecond` of one operation is within what its share of the load "
      "makes.",
      "RecoveryPlan: values of a webhook's headers are printable.",
      "DrillSchedule: the expression can come (no 30 February, no range that runs backward), the "
      "time zone is known, a window's `to` comes after its `from`.",
      "Drill: the plan is there and Ready, it has the profile, and the objectives are not weaker "
      "than the plan's.",
      "Drill: the timing that comes of plan, profile and drill is one that a plan may have.",
      "SidecarProfile: addresses and prefixes are such, rules of limits fit together, templates of "
      "endpoints can be read, what needs `redis` or a key has it, and there is no "
      "`adminTlsCertFile`. What is wrong is told in its condition `Valid`."};
}

}  // namespace api
