// What must be true of every CustomResourceDefinition, and what each type of field becomes. That an
// API server takes them, and what it refuses by them, is tests/integration/crds.
#include "api/crd.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/crd_guide.h"
#include "api/crd_text.h"
#include "api/field.h"
#include "api/status_tables.h"
#include "api/tables.h"
#include "test_catalog.h"

namespace api {
namespace {

using testing::HasSubstr;
using namespace fields;  // NOLINT(google-build-using-namespace): tables read as prose

const Node& root_of(const Node& definition) {
  return definition["spec"]["versions"].items().front()["schema"]["openAPIV3Schema"];
}

const CrdKind& kind_of(std::string_view name) {
  for (const CrdKind& kind : crd_kinds()) {
    if (kind.kind == name) return kind;
  }
  ADD_FAILURE() << name;
  return crd_kinds().front();
}

/// The schema at "spec.load.mix[].share".
Node at(const Node& definition, std::string_view path) {
  const Node* node = &root_of(definition);
  while (!path.empty()) {
    std::string_view name = path.substr(0, path.find('.'));
    path.remove_prefix(std::min(path.size(), name.size() + 1));
    const bool items = name.ends_with("[]");
    if (items) name.remove_suffix(2);
    node = &(*node)["properties"][name];
    if (items) node = &(*node)[node->has("items") ? "items" : "additionalProperties"];
  }
  return *node;
}

std::vector<std::string> rules_of(const Node& schema) {
  std::vector<std::string> out;
  for (const Node& rule : schema["x-kubernetes-validations"].items()) {
    out.push_back(rule["rule"].as_string());
  }
  return out;
}

using Visit = std::function<void(const Node&, const std::string&)>;

/// Every schema below, with its path.
void walk(const Node& schema, const std::string& path, const Visit& visit) {
  visit(schema, path);
  for (const Entry& entry : schema["properties"].entries()) {
    walk(entry.value, path + "." + entry.key, visit);
  }
  for (const char* inner : {"items", "additionalProperties"}) {
    if (schema.has(inner)) walk(schema[inner], path + "[]", visit);
  }
}

void expect_bounded(const Node& schema, const std::string& path) {
  const std::string& type = schema["type"].as_string();
  if (type == "array") {
    EXPECT_TRUE(schema["maxItems"].is_int() && schema.has("items")) << path;
  }
  if (type == "string" && !schema.has("enum")) {
    EXPECT_TRUE(schema["maxLength"].is_int()) << path;
  }
  if (schema.has("additionalProperties")) {
    EXPECT_TRUE(schema["maxProperties"].is_int()) << path;
  }
}

TEST(Crd, EverySchemaIsStructuralAndBounded) {
  for (const CrdKind& kind : crd_kinds()) {
    const Node definition = crd(kind, test_catalog());
    std::size_t seen = 0;
    const Node& root = root_of(definition);
    walk(root["properties"]["spec"], "spec", [&](const Node& schema, const std::string& path) {
      ++seen;
      EXPECT_FALSE(schema.has("$ref")) << path;
      EXPECT_TRUE(schema["type"].is_string() || schema.has("x-kubernetes-int-or-string")) << path;
      expect_bounded(schema, path);
    });
    walk(root["properties"]["status"], "status", [](const Node& schema, const std::string& path) {
      EXPECT_FALSE(schema.has("maxItems")) << path << ": what was found is not refused";
    });
    EXPECT_GT(seen, kind.kind == "RecoveryPlan" ? 100U : 10U) << kind.kind;
    EXPECT_EQ(root["required"].as_strings(), std::vector<std::string>{"spec"});
  }
}

TEST(Crd, IsNamespacedHasAStatusSubresourceAndItsNames) {
  const Node definition = crd(kind_of("RecoveryPlan"), test_catalog());
  EXPECT_EQ(definition["metadata"]["name"].as_string(), "recoveryplans.muster.dev");
  const Node& spec = definition["spec"];
  EXPECT_EQ(spec["group"].as_string(), "muster.dev");
  EXPECT_EQ(spec["scope"].as_string(), "Namespaced");
  EXPECT_EQ(spec["names"]["shortNames"].as_strings(), std::vector<std::string>{"rplan"});
  EXPECT_EQ(spec["names"]["categories"].as_strings(), std::vector<std::string>{"muster"});
  const Node& version = spec["versions"].items().front();
  EXPECT_EQ(version["name"].as_string(), "v1alpha1");
  EXPECT_TRUE(version["subresources"].has("status"));
  EXPECT_FALSE(crd(kind_of("Drill"), test_catalog())["spec"]["names"].has("shortNames"));
}

TEST(Crd, EveryTypeOfFieldBecomesItsSchema) {
  const std::pair<FieldSpec, const char*> cases[] = {
      {required(text("a", "")), R"({"type":"string","maxLength":16384,"minLength":1})"},
      {integer("a", {1, 9}, {}, ""),
       R"({"type":"integer","format":"int64","minimum":1,"maximum":9})"},
      {field(FieldType::Boolean, "a", ""), R"({"type":"boolean"})"},
      {choice("a", {"X", "Y"}, ""), R"({"type":"string","enum":["X","Y"]})"},
      {words("a", {1, 2}, {"X"}, ""),
       R"({"type":"array","maxItems":2,"minItems":1,"items":{"type":"string","enum":["X"]}})"},
      {label("a", ""),
       R"({"type":"string","maxLength":63,"pattern":"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"})"},
      {field(FieldType::Amount, "a", ""),
       R"({"x-kubernetes-int-or-string":true,"anyOf":[{"type":"integer"},{"type":"string"}],)"
       R"("maxLength":32,"pattern":"^-?[0-9]{1,14}(\\.[0-9]{1,14})?$"})"},
      {field(FieldType::StringMap, "a", ""),
       R"({"type":"object","maxProperties":64,)"
       R"("additionalProperties":{"type":"string","maxLength":4096}})"},
      {time_field("aTime", ""), R"({"type":"string","format":"date-time","maxLength":64})"},
      {field(FieldType::Anything, "a", ""),
       R"({"type":"object","x-kubernetes-preserve-unknown-fields":true})"},
      {field(FieldType::Value, "a", ""), R"({"x-kubernetes-preserve-unknown-fields":true})"},
  };
  for (const auto& [spec, expected] : cases) {
    EXPECT_EQ(to_json(crd_schema(spec, test_catalog())), expected);
  }
}

TEST(Crd, ListsWithNamesAreMapsAndOthersAreNot) {
  const Node definition = crd(kind_of("RecoveryPlan"), test_catalog());
  EXPECT_EQ(at(definition, "spec.recovery")["x-kubernetes-list-type"].as_string(), "map");
  EXPECT_EQ(at(definition, "spec.recovery")["x-kubernetes-list-map-keys"].as_strings(),
            std::vector<std::string>{"name"});
  EXPECT_FALSE(at(definition, "spec.criteria.validation").has("x-kubernetes-list-type"));
  EXPECT_EQ(at(definition, "status.conditions")["x-kubernetes-list-map-keys"].as_strings(),
            std::vector<std::string>{"type"});
  EXPECT_EQ(at(crd(kind_of("Drill"), test_catalog()), "spec.approvals")["x-kubernetes-list-type"]
                .as_string(),
            "set");
}

TEST(Crd, DefaultsOfMapsHoldTheDefaultsBelowThem) {
  const Node definition = crd(kind_of("RecoveryPlan"), test_catalog());
  const Node timing = at(definition, "spec.timing")["default"];
  EXPECT_EQ(timing["baselineSeconds"].as_int(), 300);
  EXPECT_EQ(timing["deadlineSeconds"].as_int(), 1800);
  EXPECT_FALSE(at(definition, "spec.profiles[].timing.baselineSeconds").has("default"));
  EXPECT_FALSE(at(crd(kind_of("Drill"), test_catalog()), "spec.timing").has("default"));
}

TEST(Crd, ASidecarProfileIsStoredAsItIsWrittenAndTellsItsDefaults) {
  const Node definition = crd(kind_of("SidecarProfile"), test_catalog());
  walk(root_of(definition)["properties"]["spec"], "spec",
       [](const Node& schema, const std::string& path) {
         EXPECT_FALSE(schema.has("default")) << path;
       });
  EXPECT_EQ(at(definition, "spec.headSeconds")["description"].as_string(),
            "For a head, from its first byte to its last; else 408. Default: 10.");
  EXPECT_THAT(at(definition, "spec.limits")["description"].as_string(),
              HasSubstr(R"(Default: "on".)"));
  EXPECT_THAT(at(definition, "spec.injection.resources")["description"].as_string(),
              testing::Not(HasSubstr("Default")));
}

TEST(Crd, AnActionIsExactlyOneOfItsKinds) {
  const Node definition = crd(kind_of("RecoveryPlan"), test_catalog());
  EXPECT_EQ(rules_of(at(definition, "spec.fault")).front(),
            "[has(self.process), has(self.network), has(self.command)].exists_one(x, x)");
  const Node rule = at(definition, "spec.fault")["x-kubernetes-validations"].items().front();
  EXPECT_EQ(rule["message"].as_string(),
            "exactly one kind of fault is needed, of process, network, command");
  EXPECT_TRUE(at(definition, "spec.fault.command.argv").has("items"));
  EXPECT_THAT(rules_of(at(definition, "spec.recovery[].route")).front(),
              HasSubstr("has(self.to), has(self.remove)"));
  // The parameters of waitFor are a condition.
  EXPECT_THAT(rules_of(at(definition, "spec.recovery[].waitFor")).front(),
              HasSubstr("has(self.postgres)"));
}

TEST(Crd, ConditionsWithinConditionsEnd) {
  ActionCatalog catalog = test_catalog();
  ActionKind all = make_kind("all", static_cast<std::uint8_t>(Use::Condition),
                             {required(field(FieldType::Conditions, "of", "d"))});
  catalog.add(all);
  Node node = crd_schema(field(FieldType::Condition, "provenBy", ""), catalog);
  for (int depth = 1; depth < kConditionDepth; ++depth) {
    ASSERT_TRUE(node["properties"].has("all")) << depth;
    node = Node(node["properties"]["all"]["properties"]["of"]["items"]);
  }
  EXPECT_FALSE(node["properties"].has("all"));
  EXPECT_TRUE(node["properties"].has("process"));
  EXPECT_THAT(rules_of(node).front(), testing::Not(HasSubstr("self.all")));
}

TEST(Crd, APlanOfTheClusterHasNoLocalTarget) {
  const Node definition = crd(kind_of("RecoveryPlan"), test_catalog());
  const Node target = at(definition, "spec.target");
  EXPECT_FALSE(target["properties"]["local"].has("properties"));
  EXPECT_TRUE(target["properties"]["kubernetes"].has("properties"));
  EXPECT_EQ(rules_of(target).front(), "!has(self.local)");
  EXPECT_FALSE(
      at(crd(kind_of("DrillSchedule"), test_catalog()), "spec.drill")["properties"].has("plan"));
}

TEST(CrdDeathTest, ARuleForAFieldThatIsNotThereIsABug) {
  CrdKind kind = kind_of("Drill");
  kind.rules.push_back({"spec.planRefs", "true", "m"});
  EXPECT_DEATH(static_cast<void>(crd(kind, test_catalog())), "contains");
}

TEST(CrdText, NamesOfCelAreEscapedAsTheApiServerDoesIt) {
  EXPECT_EQ(cel_name("atMost"), "atMost");
  EXPECT_EQ(cel_name("namespace"), "__namespace__");
  EXPECT_EQ(cel_name("in"), "__in__");
  EXPECT_EQ(cel_name("a-b.c/d__e_f"), "a__dash__b__dot__c__slash__d__underscores__e_f");
  EXPECT_EQ(cel_text("it's \\d"), "'it\\'s \\\\d'");
}

TEST(CrdGuide, HasEveryFieldRuleAndKind) {
  const std::string guide = crd_guide(test_catalog());
  for (const CrdKind& kind : crd_kinds()) {
    EXPECT_THAT(guide, HasSubstr("## " + kind.kind + "\n"));
    for (const CrdRule& rule : kind.rules) EXPECT_THAT(guide, HasSubstr(rule.message));
    for (const CrdColumn& column : kind.columns) EXPECT_THAT(guide, HasSubstr(column.path));
  }
  EXPECT_THAT(guide, HasSubstr("#### `spec.recovery[]`"));
  EXPECT_THAT(
      guide, HasSubstr("| `holdSeconds` | an integer from 1 to 3600 (in seconds, written without a "
                       "unit) | `10` | How long all must be well for the service to count as back. "
                       "|\n"));
  EXPECT_THAT(guide, HasSubstr("### condition: `postgres`"));
  EXPECT_THAT(guide, HasSubstr("| `rtoSeconds` | an integer from 1 to 604800 (in seconds, written "
                               "without a unit) | required |"));
}

}  // namespace
}  // namespace api
