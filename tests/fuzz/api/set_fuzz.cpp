// --set on a whole plan: an assignment that is refused changes nothing; one that is taken leaves a
// document that can be parsed or refused.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/plan_edit.h"
#include "api/plan_parse.h"
#include "api/test_catalog.h"
#include "api/yaml.h"
#include "base/check.h"

namespace {

constexpr const char* kPlan = R"(
metadata: {name: x, labels: {a: b}}
spec:
  objectives: {rtoSeconds: 1, rpoSeconds: 1, decidedBy: [a/W]}
  target: {local: {system: s, parameters: {p: "1"}}}
  recovery:
  - {name: one, phase: FailureAssessment, waitFor: {process: {name: a, state: Gone}}}
  - {name: two, phase: BackupActivation, sql: {instance: b, statement: x}}
  criteria: {degraded: [{metric: Users, atLeast: 6}]}
)";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const api::ActionCatalog kCatalog = api::test_catalog();
  static const api::Node kBefore = api::parse_yaml(kPlan, "f")->front();
  api::Node document = kBefore;
  const auto done = api::apply_set(document, {reinterpret_cast<const char*>(data), size});
  if (!done) {
    CHECK(!done.error().message.empty());
    CHECK(document == kBefore);
    return 0;
  }
  (void)api::parse_plan(document, "f", kCatalog);
  return 0;
}
