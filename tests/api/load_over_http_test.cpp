// A load whose operations are requests, and what probes are declared to observe.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/cross_check.h"
#include "api/plan_parse.h"
#include "documents.h"
#include "test_catalog.h"

namespace api {
namespace {

using testing::HasSubstr;

constexpr const char* kPlan = R"(apiVersion: muster.dev/v1alpha1
kind: RecoveryPlan
metadata: {name: requests}
spec:
  failureType: ApplicationServerFailure
  objectives: {rtoSeconds: 120}
  target: {local: {system: app-servers}}
  probes:
  - name: api
    http: {url: "http://127.0.0.1:80/"}
  - name: sessions
    signal: SessionStore
    tcp: {address: "127.0.0.1:81"}
  load:
    probe: api
    users: 8
    operationsPerMinute: 180
    timeoutSeconds: 5
    login: {method: POST, path: /login, body: "user=user-$user"}
    mix:
    - {name: lists, share: 70, request: {path: "/lists?customer=$key"}}
    - {name: secured, share: 30, secured: true, request: {path: /account, status: ["200", "204"], contains: "user-$user"}}
  fault:
    name: app-dies
    process: {name: app1, signal: KILL}
  recovery:
  - name: start
    phase: BackupActivation
    command: {argv: [./start.sh]}
)";

ActionCatalog catalog() {
  ActionCatalog out = test_catalog();
  out.add(make_kind("tcp", static_cast<std::uint8_t>(Use::Probe),
                    {fields::required(fields::text("address", "d"))}));
  return out;
}

tl::expected<RecoveryPlan, Problems> parsed(const std::string& text) {
  static const ActionCatalog kCatalog = catalog();
  return parse_plan(document_of(text), "p.yaml", kCatalog);
}

RecoveryPlan plan_of(const std::string& text) {
  auto plan = parsed(text);
  EXPECT_TRUE(plan) << format(plan.error());
  return plan ? *plan : RecoveryPlan{};
}

std::string refused_with(const std::string& from, const std::string& to) {
  const auto plan = parsed(with(kPlan, from, to));
  return plan ? "" : format(plan.error());
}

TEST(LoadOverHttp, IsReadAsItStands) {
  const RecoveryPlan plan = plan_of(kPlan);
  ASSERT_TRUE(plan.load && plan.load->login && plan.load->mix.size() == 2);
  EXPECT_EQ(plan.load->timeout_seconds, 5);
  EXPECT_EQ(plan.load->login->method, "POST");
  EXPECT_EQ(plan.load->login->body, "user=user-$user");
  const LoadOperation& lists = plan.load->mix[0];
  ASSERT_TRUE(lists.request.has_value());
  EXPECT_EQ(lists.request->method, "GET");
  EXPECT_EQ(lists.request->path, "/lists?customer=$key");
  EXPECT_FALSE(lists.secured);
  const LoadOperation& secured = plan.load->mix[1];
  EXPECT_TRUE(secured.secured);
  EXPECT_THAT(secured.request->status, testing::ElementsAre("200", "204"));
  EXPECT_EQ(secured.request->contains, "user-$user");
  EXPECT_EQ(plan.probes[1].signal, "SessionStore");
}

TEST(LoadOverHttp, OperationsAreRequestsAndNothingElse) {
  struct Case {
    const char* from;
    const char* to;
    const char* says;
  };
  const Case cases[] = {
      {", request: {path: \"/lists?customer=$key\"}", "",
       "spec.load.mix.lists.request: is missing"},
      {"share: 70, ", "share: 70, statement: \"select 1\", ",
       "spec.load.mix.lists.statement: is for a load on a database"},
      {"    login: {method: POST, path: /login, body: \"user=user-$user\"}\n", "",
       "spec.load.mix.secured.secured: needs spec.load.login"},
      {"path: /account", "path: account", "spec.load.mix.secured.request.path: \"account\""},
      {"path: /account", "path: \"/my account\"", "it begins with / and has no blanks"},
      {"path: /account", "path: \"/a\\r\\nX: y\"", "it begins with / and has no blanks"},
      {"path: /login", "path: login", "spec.load.login.path: \"login\""},
      {"method: POST, ", "", "spec.load.login.body: a GET sends none"},
      {"\"204\"", "\"2xx\"", "spec.load.mix.secured.request.status: \"2xx\" is none"},
      {"\"204\"", "\"600\"", "100 to 599 are allowed"},
      {"method: POST", "method: PUT", "one of GET, HEAD, POST"},
      {"probe: api", "probe: sessions", "\"sessions\" is a probe of kind tcp"},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(refused_with(c.from, c.to), HasSubstr(c.says)) << c.to;
  }
}

TEST(LoadOverHttp, ALoadOnADatabaseHasNoRequests) {
  const std::string postgres = with(kPlan, "http: {url: \"http://127.0.0.1:80/\"}",
                                    "postgres: {service: proxy, instances: [a]}");
  const auto plan = parsed(postgres);
  ASSERT_FALSE(plan);
  const std::string problems = format(plan.error());
  for (const char* says :
       {"spec.load.mix.lists.request: is for a load whose probe is an http probe",
        "spec.load.mix.secured.secured: is for a load", "spec.load.login: is for a load",
        "spec.load.mix.lists.statement: is missing"}) {
    EXPECT_THAT(problems, HasSubstr(says));
  }
}

std::string loaded(const std::string& text) {
  const RecoveryPlan plan = plan_of(text);
  const ProbeSpec* probe = loaded_probe(plan);
  return probe == nullptr ? "" : probe->name;
}

TEST(LoadOverHttp, TheLoadedProbeIsTheOneNamedElseADatabaseElseAnHttpProbe) {
  EXPECT_EQ(loaded(kPlan), "api");
  EXPECT_EQ(loaded(with(kPlan, "    probe: api\n", "")), "api") << "the first http probe";
  const std::string both = with(
      kPlan, "  - name: sessions\n",
      "  - name: orders\n    postgres: {service: proxy, instances: [a]}\n  - name: sessions\n");
  EXPECT_EQ(loaded(both), "api");
  EXPECT_FALSE(parsed(with(both, "    probe: api\n", ""))) << "a database comes first";
  RecoveryPlan none = plan_of(kPlan);
  none.load->probe = "nobody";
  EXPECT_EQ(loaded_probe(none), nullptr);
  none.load.reset();
  EXPECT_EQ(loaded_probe(none), nullptr);
}

std::vector<std::string> warned(const std::string& more) {
  std::vector<std::string> out;
  for (const std::string& one : warnings(plan_of(kPlan + more))) {
    if (one.starts_with("spec.")) out.push_back(one);
  }
  return out;
}

TEST(Signals, OfAProbeAreWarnedOfWhereNoProbeIsDeclared) {
  EXPECT_THAT(warned("  monitoring: [SessionStore]\n"), testing::IsEmpty());
  EXPECT_THAT(warned("  monitoring: [StartUp]\n"),
              testing::ElementsAre(HasSubstr("a probe in spec.probes with this signal")));
  EXPECT_THAT(warned("  monitoring: [PoolHealth, QueryPerformance]\n"),
              testing::ElementsAre(HasSubstr("PoolHealth will not be seen without")))
      << "requests go through no pool of ours";
  EXPECT_THAT(refused_with("signal: SessionStore", "signal: LoadBalancer"),
              HasSubstr("spec.probes.sessions.signal"))
      << "what the kinds of streams observe is not declared";
}

TEST(Criteria, OfSessionsFeaturesAndCapacityNameTheProbeThatTheyNeed) {
  EXPECT_THAT(warned("  criteria: {validation: [{metric: SessionContinuityPercent, atLeast: 90}, "
                     "{metric: FeaturePercent, atLeast: 100}]}\n"),
              testing::UnorderedElementsAre(HasSubstr("a session probe in spec.probes"),
                                            HasSubstr("a features probe in spec.probes")));
  EXPECT_THAT(warned("  criteria: {validation: [{metric: RequestsPerSecond, atLeast: 10}, "
                     "{metric: PerformanceRecoveryPercent, atLeast: 80}]}\n"),
              testing::IsEmpty())
      << "the capacity reads go over HTTP too";
}

}  // namespace
}  // namespace api
