// The table of a SidecarProfile against the program that reads one: every field is a flag and every
// flag a field, of the same type, range, words and default; and what the API server takes for an
// address or a path the program takes, and the other way round.
#include <algorithm>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/crd.h"
#include "api/sidecar_profile.h"
#include "api/tables.h"
#include "sidecar/config_file.h"
#include "sidecar/named_limit.h"
#include "sidecar/options.h"

namespace sidecar {
namespace {

using api::FieldSpec;
using api::FieldType;
using testing::HasSubstr;

const FieldSpec& spec_table() {
  return api::table_at(api::sidecar_profile_table(), "spec");
}

const ConfigField* config_field(std::string_view name) {
  const auto all = config_fields();
  const auto found = std::ranges::find(all, name, &ConfigField::field);
  return found == all.end() ? nullptr : &*found;
}

/// Every field but the one that the program passes over.
std::vector<FieldSpec> settings() {
  std::vector<FieldSpec> out = spec_table().fields;
  std::erase_if(out, [](const FieldSpec& field) { return field.name == "injection"; });
  return out;
}

Parsed with_file(const std::string& text) {
  std::vector<std::string> words = {"--config", "profile.yaml"};
  if (text.find("upstream:") == std::string::npos) words.emplace_back("--upstream=127.0.0.1:1");
  return parse(words, "v", [&](const std::string&) -> base::Result<std::string> { return text; });
}

/// Whether it is taken where what it needs is there, too.
bool takes(const std::string& field, const api::Node& value) {
  api::Node spec = api::Node::map().set(field, value);
  if (field == "limitsWithoutRedis") spec.set("redis", "redis:6379");
  return with_file(api::to_yaml(spec)).settings.has_value();
}

/// The line of a flag in --help, without its sentence: "--threads UINT:INT in [1 - 256]".
std::string help_of(std::string_view flag) {
  const std::string help = parse({"--help"}, "v", nullptr).out;
  const std::size_t at = help.find(fmt::format("  {} ", flag));
  if (at == std::string::npos) return "";
  const std::string line = help.substr(at + 2, help.find('\n', at) - at - 2);
  return line.substr(0, line.find("  "));
}

TEST(SidecarProfile, HasAFieldForEachFieldOfTheFileAndNoOther) {
  std::set<std::string> of_table, of_file;
  for (const FieldSpec& field : settings()) of_table.insert(field.name);
  for (const ConfigField& field : config_fields()) of_file.insert(std::string(field.field));
  EXPECT_EQ(of_table, of_file);
}

TEST(SidecarProfile, HasAFieldForEachFlag) {
  const std::set<std::string> without = {"--help", "--version", "--config", "--config-optional",
                                         "--check-config"};
  std::set<std::string> flags, of_file;
  const std::string help = parse({"--help"}, "v", nullptr).out;
  const std::regex word(R"(^  (?:-\w,)?(--[a-z][-a-z0-9]*))");
  for (std::size_t at = 0; at < help.size();) {
    const std::size_t end = std::min(help.find('\n', at), help.size());
    const std::string line = help.substr(at, end - at);
    if (std::smatch found; std::regex_search(line, found, word)) flags.insert(found[1]);
    at = end + 1;
  }
  for (const std::string& flag : without) flags.erase(flag);
  for (const ConfigField& field : config_fields()) of_file.insert(std::string(field.flag));
  EXPECT_EQ(flags, of_file);
}

TEST(SidecarProfile, HasTheTypesOfTheFile) {
  using Type = ConfigField::Type;
  for (const FieldSpec& field : settings()) {
    const ConfigField* const found = config_field(field.name);
    ASSERT_NE(found, nullptr) << field.name;
    switch (field.type) {
      case FieldType::String:
      case FieldType::Enum: EXPECT_EQ(found->type, Type::Text) << field.name; break;
      case FieldType::Integer: EXPECT_EQ(found->type, Type::Integer) << field.name; break;
      case FieldType::Amount: EXPECT_EQ(found->type, Type::Number) << field.name; break;
      case FieldType::Boolean: EXPECT_EQ(found->type, Type::Boolean) << field.name; break;
      case FieldType::Strings: EXPECT_EQ(found->type, Type::Texts) << field.name; break;
      case FieldType::Object: EXPECT_EQ(found->type, Type::Named) << field.name; break;
      case FieldType::Objects: EXPECT_EQ(found->type, Type::Maps) << field.name; break;
      default: ADD_FAILURE() << field.name << ": no type of the file";
    }
  }
}

TEST(SidecarProfile, HasTheRangesOfTheFlags) {
  for (const FieldSpec& field : settings()) {
    if (field.type != FieldType::Integer) continue;
    EXPECT_TRUE(takes(field.name, field.minimum)) << field.name;
    EXPECT_TRUE(takes(field.name, field.maximum)) << field.name;
    EXPECT_FALSE(takes(field.name, field.minimum - 1)) << field.name;
    EXPECT_FALSE(takes(field.name, field.maximum + 1)) << field.name;
  }
}

TEST(SidecarProfile, HasTheWordsOfTheFlags) {
  for (const FieldSpec& field : settings()) {
    if (field.type != FieldType::Enum) continue;
    const std::string words = fmt::format("{{{}}}", fmt::join(field.allowed, ","));
    EXPECT_THAT(help_of(config_field(field.name)->flag), HasSubstr(words));
    for (const std::string& word : field.allowed) EXPECT_TRUE(takes(field.name, word)) << word;
    EXPECT_FALSE(takes(field.name, "other")) << field.name;
  }
}

TEST(SidecarProfile, HasTheDefaultsOfTheFlags) {
  for (const FieldSpec& field : settings()) {
    if (field.type == FieldType::Object) continue;  // below
    const ConfigField& found = *config_field(field.name);
    if (field.type == FieldType::Boolean) {
      // A flag is given for what is not the default.
      EXPECT_EQ(field.otherwise.value().as_bool(), !found.given_when) << field.name;
      continue;
    }
    const std::string help = help_of(found.flag);
    ASSERT_FALSE(help.empty()) << found.flag;
    const std::size_t at = help.find('=');
    const std::string behind = at == std::string::npos ? "" : help.substr(at + 1);
    // A text may have blanks; behind a choice its words are told.
    const bool whole = field.type == FieldType::String;
    const std::string shown = whole ? behind : behind.substr(0, behind.find(' '));
    const bool none = !field.otherwise;
    const std::string said = none                           ? ""
                             : field.otherwise->is_string() ? field.otherwise->as_string()
                                                            : api::to_json(*field.otherwise);
    // A number may be shown as 1e+08.
    const bool number = field.type == FieldType::Integer && !none && !shown.empty();
    const bool same = number ? std::stod(shown) == std::stod(said) : shown == said;
    EXPECT_TRUE(same) << field.name << ": " << said << " is not in " << help;
  }
}

TEST(SidecarProfile, ThresholdsAreThoseOfTheProgram) {
  const auto number = [](const std::optional<api::Node>& node) {
    return node ? std::optional(node->as_double()) : std::nullopt;
  };
  const auto& fields = api::table_at(spec_table(), "thresholds").fields;
  const alert::Thresholds defaults = alert::default_thresholds();
  ASSERT_EQ(fields.size(), alert::kMeasures);
  for (std::size_t at = 0; at < alert::kMeasures; ++at) {
    const FieldSpec& field = fields[at];
    EXPECT_EQ(field.name, setting_name(static_cast<alert::Measure>(at)));
    EXPECT_EQ(number(api::table_at(field, "warning").otherwise), defaults[at].warning);
    EXPECT_EQ(number(api::table_at(field, "critical").otherwise), defaults[at].critical);
    const auto taken = [&](const api::Node& value) {
      return takes("thresholds",
                   api::Node::map().set(field.name, api::Node::map().set("critical", value)));
    };
    EXPECT_FALSE(taken(0)) << field.name;
    const bool percent = field.name.ends_with("Percent");
    EXPECT_TRUE(taken(percent ? 100 : 86'400'000)) << field.name;
    EXPECT_FALSE(taken(percent ? 101 : 86'400'001)) << field.name;
  }
}

/// The setting of a map of numbers, as the program has it by default and with one of them changed.
TEST(SidecarProfile, NumbersByNameAreThoseOfTheProgram) {
  for (const char* name : {"operationThresholds", "encryptionTargets", "slowTimings"}) {
    for (const FieldSpec& field : api::table_at(spec_table(), name).fields) {
      SCOPED_TRACE(field.name);
      const auto with = [&](std::int64_t value) {
        return with_file(
            api::to_yaml(api::Node::map().set(name, api::Node::map().set(field.name, value))));
      };
      const bool grade = field.name.starts_with("grade");
      EXPECT_FALSE(with(field.minimum - 1).settings || with(field.maximum + 1).settings);
      EXPECT_TRUE(grade || (with(field.minimum).settings && with(field.maximum).settings));
      const auto otherwise = with(field.otherwise.value().as_int());
      const auto changed = with(field.otherwise.value().as_int() + 1);
      ASSERT_TRUE(otherwise.settings && changed.settings) << otherwise.err << changed.err;
      const AlertSettings none, &same = otherwise.settings->alerts,
                                &other = changed.settings->alerts;
      EXPECT_TRUE(same.operations == none.operations && same.encryption == none.encryption &&
                  same.slow == none.slow)
          << "its default is another";
      EXPECT_FALSE(other.operations == none.operations && other.encryption == none.encryption &&
                   other.slow == none.slow)
          << "it changes nothing";
    }
  }
}

TEST(SidecarProfile, BoundsOfRulesAreThoseOfTheProgram) {
  const FieldSpec& rules = api::table_at(spec_table(), "limitRules");
  const auto rule = [](int number, int limits, std::int64_t requests, std::int64_t seconds) {
    api::Node windows = api::Node::sequence();
    for (int i = 0; i < limits; ++i) {
      windows.push(api::Node::map().set("requests", requests).set("seconds", seconds - i));
    }
    return api::Node::map().set("name", fmt::format("r{}", number)).set("limits", windows);
  };
  const auto several = [&](std::int64_t count) {
    api::Node out = api::Node::sequence();
    for (int i = 0; i < count; ++i) out.push(rule(i, 1, 1, 60));
    return out;
  };
  EXPECT_TRUE(takes("limitRules", several(rules.maximum)));
  EXPECT_FALSE(takes("limitRules", several(rules.maximum + 1)));
  const auto one = [&](int limits, std::int64_t requests, std::int64_t seconds) {
    return takes("limitRules", api::Node::sequence({rule(0, limits, requests, seconds)}));
  };
  const auto& limits = api::table_at(rules, "limits");
  EXPECT_TRUE(one(static_cast<int>(limits.maximum), 1, 60));
  EXPECT_FALSE(one(static_cast<int>(limits.maximum) + 1, 1, 60));
  EXPECT_FALSE(one(0, 1, 60));
  const FieldSpec& requests = api::table_at(limits, "requests");
  EXPECT_TRUE(one(1, requests.maximum, 60) && one(1, requests.minimum, 60));
  EXPECT_FALSE(one(1, requests.maximum + 1, 60) || one(1, requests.minimum - 1, 60));
  const FieldSpec& seconds = api::table_at(limits, "seconds");
  EXPECT_TRUE(one(1, 1, seconds.maximum) && one(1, 1, seconds.minimum));
  EXPECT_FALSE(one(1, 1, seconds.maximum + 1) || one(1, 1, seconds.minimum - 1));
}

/// The pattern that the API server has for a field of the spec.
std::string pattern_of(const std::string& field, bool items) {
  for (const api::CrdKind& kind : api::crd_kinds()) {
    if (kind.kind != api::kSidecarProfile) continue;
    const api::Node definition = api::crd(kind, {});
    const api::Node& schema = definition["spec"]["versions"].items().front()["schema"];
    const api::Node& found = schema["openAPIV3Schema"]["properties"]["spec"]["properties"][field];
    return (items ? found["items"] : found)["pattern"].as_string();
  }
  return "";
}

struct Word {
  const char* field;
  const char* text;
  bool good;
};

constexpr Word kWords[] = {{"upstream", "127.0.0.1:8080", true},
                           {"upstream", "[::1]:80", true},
                           {"upstream", ":8080", false},
                           {"upstream", "shop", false},
                           {"listen", ":15001", true},
                           {"listen", "[::]:0", true},
                           {"listen", "15001", false},
                           {"listen", "::1:80", false},
                           {"adminListen", "0.0.0.0:1", true},
                           {"adminListen", "x", false},
                           {"statsdListen", ":8125", true},
                           {"statsdListen", "udp", false},
                           {"otlpListen", "[::1]:4318", true},
                           {"otlpListen", "[::1]", false},
                           {"rumListen", ":1", true},
                           {"rumListen", "a b", false},
                           {"redis", "redis:6379", true},
                           {"redis", "redis", false},
                           {"rumPath", "/muster/rum", true},
                           {"rumPath", "rum", false},
                           {"rumPath", "/rum/", false},
                           {"rumPath", "/a?b", false},
                           {"exportOtlp", "http://c/v1", true},
                           {"exportOtlp", "c:4318", false},
                           {"podFigures", "https://c/pods/a/b", true},
                           {"podFigures", "c/pods/a/b", false},
                           {"auditLog", "off", true},
                           {"auditLog", "/var/log/audit.log", true},
                           {"auditLog", "stdour", false},
                           {"permissionsPolicy", "usb=(), serial=(self)", true},
                           {"permissionsPolicy", "usb=()\r\nX: y", false},
                           {"strictTransportSecurity", "max-age=1; preload", true},
                           {"strictTransportSecurity", "caf\xc3\xa9", false},
                           {"contentSecurityPolicy", "default-src 'self'", true},
                           {"contentSecurityPolicy", "a 'nonce-{nonce}' b|}~", true},
                           {"contentSecurityPolicy", "script-src {nonce}", false},
                           {"contentSecurityPolicy", "script-src 'nonce-{nonce}", false},
                           {"nonceHeader", "x-page-nonce", true},
                           {"nonceHeader", "X-Nonce", true},
                           {"nonceHeader", "X-Request-ID", false},
                           {"nonceHeader", "Nonce", false},
                           {"upstream", "h:65535", true},
                           {"upstream", "h:65536", false},
                           {"upstream", "h:0", false},
                           {"listen", ":65535", true},
                           {"listen", ":99999", false},
                           {"listen", "localhost:080", true},
                           {"listen", "shop:80", false},
                           {"statsdListen", "127.0.0.1:65536", false},
                           {"redis", "redis:65535", true},
                           {"redis", "redis:99999", false},
                           {"redis", "redis:0", false},
                           {"exportOtlp", "https://", false},
                           {"exportOtlp", "https://c:99999", false},
                           {"exportOtlp", "https://c:4318", true},
                           {"exportOtlp", "http://[::1]:4318/v1", true},
                           {"exportOtlp", "http://c?x", true},
                           {"podFigures", "https://:80/pods", false},
                           {"podFigures", "https://c:0/pods", false},
                           {"userHeader", "X-User", true},
                           {"userHeader", "a b", false},
                           {"userCookie", "session_1", true},
                           {"userCookie", "a;b", false},
                           {"exportDogstatsd", "agent:65536", false},
                           {"exportDogstatsd", "agent:1", true},
                           {"exportDogstatsd", "agent", false}};

TEST(SidecarProfile, WhatTheApiServerTakesForAWordTheProgramTakes) {
  for (const Word& word : kWords) {
    EXPECT_EQ(takes(word.field, word.text), word.good) << word.field << " " << word.text;
    const std::regex pattern(pattern_of(word.field, false));
    EXPECT_EQ(std::regex_search(word.text, pattern), word.good) << word.field << " " << word.text;
  }
  for (const Word& word :
       {Word{"cacheRoutes", "/a/*", true}, Word{"cacheRoutes", "a", false},
        Word{"diskPaths", "/data", true}, Word{"diskPaths", "data", false},
        Word{"rumOrigins", "*", true}, Word{"rumOrigins", "null", true},
        Word{"rumOrigins", "https://shop.example", true},
        Word{"rumOrigins", "http://[::1]:8080", true},
        Word{"rumOrigins", "capacitor://localhost", true},
        Word{"rumOrigins", "shop.example", false},
        Word{"rumOrigins", "https://shop.example/", false},
        Word{"rumOrigins", "https://Shop.example", false},
        Word{"rumOrigins", "https://shop.example:99999", false},
        Word{"rumOrigins", "https://", false}, Word{"exportHeaderFiles", "api-key=/run/key", true},
        Word{"exportHeaderFiles", "api-key", false}, Word{"exportHeaderFiles", "=x", false}}) {
    EXPECT_EQ(takes(word.field, api::Node::strings({word.text})), word.good) << word.text;
    const std::regex pattern(pattern_of(word.field, true));
    EXPECT_EQ(std::regex_search(word.text, pattern), word.good) << word.field << " " << word.text;
  }
}

std::string shipped(const char* path) {
  std::ifstream stream(std::string(MUSTER_SOURCE_DIR) + path);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

TEST(SidecarProfile, WhatShipsIsTaken) {
  const Parsed parsed = with_file(shipped("/dr-drills/kubernetes/sidecar.yaml"));
  ASSERT_TRUE(parsed.settings) << parsed.err;
  EXPECT_EQ(parsed.settings->protection.rules.size(), 2U);
}

TEST(SidecarProfile, EveryFieldIsInTheGuide) {
  const std::string guide = shipped("/docs/sidecar.md");
  for (const ConfigField& field : config_fields()) {
    EXPECT_THAT(guide, HasSubstr(fmt::format("| `{}", field.field))) << field.field;
    EXPECT_THAT(guide, HasSubstr(fmt::format("`{}", field.flag))) << field.flag;
  }
}

TEST(SidecarProfile, IsReadAsKubectlPrintsIt) {
  const Parsed parsed = with_file(R"(
apiVersion: muster.dev/v1alpha1
kind: SidecarProfile
metadata:
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {"spec": {}}
  creationTimestamp: "2026-11-27T02:24:08Z"
  generation: 2
  managedFields: [{manager: kubectl, operation: Apply, fieldsV1: {"f:spec": {}}}]
  name: shop
  namespace: shop
  uid: 1d6f
spec:
  headSeconds: 3
  injection:
    port: http
    resources: {requests: {cpu: 10m}}
  limits: "off"
status:
  conditions:
  - {type: Valid, status: "True", reason: Valid, message: "", lastTransitionTime: "2026-11-27T02:24:08Z"}
  observedGeneration: 2
)");
  ASSERT_TRUE(parsed.settings) << parsed.err;
  EXPECT_EQ(parsed.settings->head, base::seconds(3));
  EXPECT_EQ(parsed.settings->protection.limiting, Limiting::Off);
  // Of the spec alone too; and only this name is passed over.
  EXPECT_TRUE(with_file("injection: {port: http}\n").settings);
  EXPECT_THAT(with_file("injections: {}\n").err, HasSubstr("injections: no such field"));
}

}  // namespace
}  // namespace sidecar
