#include "simulated/scenario.h"

#include <fmt/format.h>

#include "base/check.h"
#include "operator/drill_pods.h"

namespace op {
namespace {

using api::Node;

Node json(const std::string& text) {
  auto parsed = api::parse_json(text);
  CHECK(parsed.has_value());
  return std::move(*parsed);
}

Node workload(const char* kind, const std::string& name, int replicas, const std::string& labels) {
  return json(fmt::format(R"({{"apiVersion":"apps/v1","kind":"{}",
      "metadata":{{"name":"{}","namespace":"shop"}},
      "spec":{{"replicas":{},"selector":{{"matchLabels":{{"app":"{}"}}}},
              "template":{{"metadata":{{"labels":{{"app":"{}",{}}}}},"spec":{{}}}}}}}})",
                          kind, name, replicas, name, name, labels));
}

Node service(const std::string& name, int port, const std::string& selector) {
  return json(fmt::format(R"({{"apiVersion":"v1","kind":"Service",
      "metadata":{{"name":"{}","namespace":"shop"}},
      "spec":{{"clusterIP":"10.0.0.7","ports":[{{"port":{}}}],"selector":{{{}}}}}}})",
                          name, port, selector));
}

constexpr const char* kTiming =
    R"("timing":{"baselineSeconds":1,"holdSeconds":1,"sampleSeconds":1,"recoverySeconds":20,
      "validationSeconds":1,"deadlineSeconds":60},
      "guard":{"silenceSeconds":8,"maxTargets":5})";
constexpr const char* kPatient =
    R"("timing":{"baselineSeconds":1,"holdSeconds":1,"sampleSeconds":1,"recoverySeconds":20,
      "validationSeconds":1,"deadlineSeconds":60},
      "guard":{"silenceSeconds":0,"maxTargets":5})";

constexpr const char* kScaled = R"("scale":{"workload":"db-a","replicas":0})";
constexpr const char* kTold =
    R"("exec":{"workload":"db-b","argv":["stop-db-a"],"undo":["start-db-a"],
             "undoWhen":"Always","timeoutSeconds":20})";

Node pair_plan(const std::string& name, const std::string& first_step, const char* fault = kScaled,
               const char* timing = kTiming) {
  return json(fmt::format(R"({{"apiVersion":"muster.dev/v1alpha1","kind":"RecoveryPlan",
      "metadata":{{"name":"{}","namespace":"shop"}},"spec":{{
      "failureType":"DatabasePrimaryFailure","failover":"Orchestrate",
      "objectives":{{"rtoSeconds":60,"decidedBy":["front"]}},
      "target":{{"kubernetes":{{
        "workloads":[{{"name":"db-a","kind":"StatefulSet"}},{{"name":"db-b","kind":"StatefulSet"}}],
        "services":[{{"name":"database","service":"db-rw","port":5432}}]}}}},
      "probes":[{{"name":"front","tcp":{{"address":"{{address.database}}"}}}}],
      "faults":[
        {{"name":"primary-gone",{},
          "provenBy":{{"workload":{{"name":"db-a","state":"Gone"}}}}}},
        {{"name":"node-closed","cordon":{{"workload":"db-b"}}}}],
      "recovery":[{}
        {{"name":"switch","phase":"ServiceRestoration","select":{{"service":"database","labels":{{"instance":"b"}}}}}},
        {{"name":"notice","phase":"ServiceRestoration","manifest":{{"object":{{"apiVersion":"v1","kind":"ConfigMap",
          "metadata":{{"name":"maintenance"}},"data":{{"on":"yes"}}}}}}}}],
      {}}}}})",
                          name, fault, first_step, timing));
}

constexpr const char* kDeployed = R"("name":"web","kind":"Deployment")";
constexpr const char* kLabelled =
    R"("name":"web","kind":"Pods","count":3,"selector":{"matchLabels":{"tier":"front"},
      "matchExpressions":[{"key":"app","operator":"In","values":["web","api"]}]})";

Node web_plan(const char* name, const char* workload) {
  return json(fmt::format(R"({{"apiVersion":"muster.dev/v1alpha1","kind":"RecoveryPlan",
      "metadata":{{"name":"{}","namespace":"shop"}},"spec":{{
      "failureType":"ApplicationServerFailure","failover":"Observe",
      "objectives":{{"rtoSeconds":60,"decidedBy":["front"]}},
      "target":{{"kubernetes":{{"workloads":[{{{}}}],
        "services":[{{"name":"web","port":80}}]}}}},
      "probes":[{{"name":"front","tcp":{{"address":"{{address.web}}"}}}}],
      "faults":[
        {{"name":"pod-gone","deletePods":{{"workload":"web","count":1,"force":true}}}},
        {{"name":"pod-out","detach":{{"workload":"web","service":"web","count":1,"label":"in"}}}}],
      {}}}}})",
                          name, workload, kTiming));
}

bool is_of_web(Scenario scenario) {
  return scenario == Scenario::Observed || scenario == Scenario::Scheduled;
}

}  // namespace

const char* name(Scenario scenario) {
  switch (scenario) {
    case Scenario::Failover: return "Failover";
    case Scenario::Observed: return "Observed";
    case Scenario::Aborted: return "Aborted";
    case Scenario::Deleted: return "Deleted";
    case Scenario::Scheduled: return "Scheduled";
    case Scenario::LeaderChange: return "LeaderChange";
    case Scenario::Stopped: return "Stopped";
    case Scenario::Approved: return "Approved";
    case Scenario::Two: return "Two";
    case Scenario::Outage: return "Outage";
    case Scenario::Late: return "Late";
    case Scenario::Alone: return "Alone";
    case Scenario::Guarded: return "Guarded";
    case Scenario::Command: return "Command";
    case Scenario::Held: return "Held";
    case Scenario::Unheard: return "Unheard";
    case Scenario::Slow: return "Slow";
    case Scenario::Replaced: return "Replaced";
    case Scenario::TargetGone: return "TargetGone";
    case Scenario::Labelled: return "Labelled";
  }
  return "";
}

std::vector<Node> objects_of_the_shop() {
  std::vector<Node> out;
  out.push_back(json(R"({"apiVersion":"v1","kind":"Namespace",
      "metadata":{"name":"shop","labels":{"muster.dev/drills":"enabled"}}})"));
  for (const char* node : {"node1", "node2", "node3"}) {
    out.push_back(json(fmt::format(
        R"({{"apiVersion":"v1","kind":"Node","metadata":{{"name":"{}"}},"spec":{{}}}})", node)));
  }
  out.push_back(workload("StatefulSet", "db-a", 1, R"("tier":"db","instance":"a")"));
  out.push_back(workload("StatefulSet", "db-b", 1, R"("tier":"db","instance":"b")"));
  out.push_back(workload("Deployment", "web", 3, R"("tier":"front","in":"yes")"));
  out.push_back(service("db-rw", 5432, R"("tier":"db","instance":"a")"));
  out.push_back(service("web", 80, R"("app":"web","in":"yes")"));
  out.push_back(pair_plan("pair", ""));
  out.push_back(pair_plan(
      "asked",
      R"({"name":"allow","phase":"FailureAssessment","timeoutSeconds":15,"approval":{"message":"is db-b fit?"}},)"));
  out.push_back(pair_plan("told", "", kTold));
  out.push_back(pair_plan("patient", "", kScaled, kPatient));
  out.push_back(web_plan("web", kDeployed));
  out.push_back(web_plan("labelled", kLabelled));
  return out;
}

Node drill_named(const std::string& name, Scenario scenario) {
  const char* plan = scenario == Scenario::Approved   ? "asked"
                     : scenario == Scenario::Command  ? "told"
                     : scenario == Scenario::Replaced ? "patient"
                     : scenario == Scenario::Labelled ? "labelled"
                     : is_of_web(scenario)            ? "web"
                                                      : "pair";
  return json(fmt::format(R"({{"metadata":{{"name":"{}","namespace":"shop"}},
      "spec":{{"planRef":{{"name":"{}"}}}}}})",
                          name, plan));
}

Node schedule_each_minute() {
  return json(R"({"metadata":{"name":"nightly","namespace":"shop"},
      "spec":{"schedule":"* * * * *","timeZone":"Etc/UTC",
              "drill":{"planRef":{"name":"web"}}}})");
}

void hold_runner(sim::ApiRequest& request) {
  const bool pod_made = request.method == "POST" && request.target.ends_with("/pods");
  auto pod = pod_made ? api::parse_json(request.body) : base::Result<Node>(Node());
  if (!pod || (*pod)["metadata"]["labels"][kRoleLabel].as_string() != name(PodRole::Runner)) {
    return;
  }
  Node meta = (*pod)["metadata"];
  meta.set("finalizers", Node::strings({"example.com/hold"}));
  request.body = api::to_json(pod->set("metadata", std::move(meta)));
}

sim::Weather bad_weather(base::Random& random) {
  sim::Weather weather;
  weather.delay_most = base::millis(random.between(8, 120));
  weather.lost = weather.unanswered = random.chance(0.5) ? 0.02 : 0;
  weather.watch_late = random.chance(0.3) ? 0.1 : 0;
  weather.watch_twice = random.chance(0.3) ? 0.1 : 0;
  weather.watch_cut = random.chance(0.3) ? 0.05 : 0;
  weather.watch_silent = random.chance(0.2) ? 0.01 : 0;
  return weather;
}

std::string a_part(base::Random& random) {
  constexpr std::array kParts = {"/apis/apps/v1/namespaces/shop/statefulsets/db-a",
                                 "/apis/apps/v1/namespaces/shop/statefulsets/db-b",
                                 "/api/v1/namespaces/shop/services/db-rw"};
  return kParts.at(random.below(kParts.size()));
}

}  // namespace op
