// What the operator calls a valid SidecarProfile against the sidecar that is started with what is
// delivered for it: each field of the table with the ends of its range, what is just outside, and
// texts of every kind. A profile that is valid and that no sidecar starts with keeps new pods from
// starting.
#include <algorithm>
#include <functional>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "api/sidecar_profile.h"
#include "api/tables.h"
#include "operator/profile_delivery.h"
#include "operator/profile_rules.h"
#include "sidecar/options.h"

namespace op {
namespace {

using api::FieldSpec;
using api::FieldType;
using api::Node;

Node profile(const Node& spec) {
  return Node::map()
      .set("kind", api::kSidecarProfile)
      .set("metadata", Node::map().set("name", "web"))
      .set("spec", spec);
}

bool is_valid(const Node& spec) {
  return problems_of_profile(profile(spec)).empty();
}

/// The sidecar's own word on what is delivered to it; files are not looked at.
sidecar::Parsed started_with(const Node& spec) {
  std::vector<std::string> words = {"--config", "profile.yaml"};
  if (!spec.has("upstream")) words.emplace_back("--upstream=127.0.0.1:1");
  return sidecar::parse(words, "v", [&](const std::string&) -> base::Result<std::string> {
    return delivered_text(profile(spec));
  });
}

const FieldSpec& spec_table() {
  return api::table_at(api::sidecar_profile_table(), "spec");
}

/// With what a field needs beside it.
Node with_company(Node spec) {
  const auto add = [&](const char* field, const Node& value) {
    if (!spec.has(field)) spec.set(field, value);
  };
  if (spec.has("tlsKeyFile")) add("tlsCertFile", "/c");
  if (spec.has("tlsCertFile")) add("tlsKeyFile", "/k");
  if (spec.has("anomalyWarningScore")) add("anomalyCriticalScore", 1000);
  if (spec.has("anomalyCriticalScore")) add("anomalyWarningScore", 1);
  if (spec.has("limitsWithoutRedis") || spec.has("cacheRedis")) add("redis", "redis:6379");
  if (spec.has("cacheRedis")) add("cacheBytesMax", 4096);
  if (spec.has("redis")) add("fingerprintKeyFile", "/k");
  return spec;
}

/// An item of a list of maps, to which a field is put.
Node item_of(const std::string& list) {
  const Node window = Node::map().set("requests", 1).set("seconds", 60);
  if (list == "limits") return window;
  return Node::map().set("name", "r").set("header", "X").set("limits", Node::sequence({window}));
}

using Put = std::function<Node(const Node& value)>;
using Try = std::function<void(const FieldSpec& field, const Node& value, const Node& spec)>;

/// What may be right for some field and is wrong for others.
constexpr const char* kTexts[] = {"",
                                  " ",
                                  "a b",
                                  "\"",
                                  "\"a\"",
                                  "'",
                                  "'a'",
                                  "a'b",
                                  "\n",
                                  "a\nb",
                                  "\t",
                                  "\x01",
                                  "\x7f",
                                  "caf\xc3\xa9",
                                  "/",
                                  "a",
                                  "A-b_c",
                                  "-a",
                                  "--upstream=h:1",
                                  "[a,b]",
                                  "[a]",
                                  "{a}",
                                  "{nonce}",
                                  "'nonce-{nonce}'",
                                  "%%",
                                  "#",
                                  "a # b",
                                  "a: b",
                                  "- a",
                                  "~",
                                  "null",
                                  "off",
                                  "on",
                                  "true",
                                  "1",
                                  "0",
                                  "1e3",
                                  "0x10",
                                  "2026-01-01",
                                  "/",
                                  "/a",
                                  "/a/",
                                  "/a b",
                                  "/a?b",
                                  "*",
                                  "/a/*",
                                  "/users/{id}",
                                  "10.0.0.0/8",
                                  "10.0.0.0/64",
                                  "::1",
                                  ":80",
                                  ":0",
                                  "h:80",
                                  "h:0",
                                  "h:65535",
                                  "h:65536",
                                  "h:99999",
                                  "h:080",
                                  "h:",
                                  "h",
                                  "[::1]:80",
                                  "[]:80",
                                  "::1:80",
                                  "127.0.0.1:99999",
                                  "127.0.0.1:8080",
                                  "localhost:1",
                                  "http://",
                                  "https://",
                                  "http://h",
                                  "https://h:99999",
                                  "http://h:65535/x?y",
                                  "http://:80/",
                                  "http://[::1]:4318/v1",
                                  "HTTP://h",
                                  "shop.example",
                                  "https://shop.example",
                                  "https://shop.example/",
                                  "https://Shop.example",
                                  "https://shop.example:443",
                                  "https://shop.example:8443",
                                  "https://shop.example:0",
                                  "http://[::1]:80",
                                  "app://x",
                                  "postgresql://u@h/d",
                                  "postgresql://u:p@h/d",
                                  "postgresql://u@h:99999/d",
                                  "postgresql://u@h/d?password=p",
                                  "postgresql://",
                                  "a=b",
                                  "=b",
                                  "a=",
                                  "X-Page-Nonce",
                                  "X-Nonce-Y",
                                  "max-age=1; preload",
                                  "stdout",
                                  "auto",
                                  "pid:1",
                                  "other"};

/// What a text of no meaning may be: of a file, a name.
std::vector<std::string> odd_texts() {
  const std::string long_text(10'240, 'a');
  return {"",        " ",  "a b",   "\"a\"", "'",   "a\nb", "\x01", "caf\xc3\xa9",
          long_text, "-a", "[a,b]", "# a",   "off", "1e3"};
}

std::vector<std::string> texts() {
  std::vector<std::string> out = odd_texts();
  out.emplace_back("/" + std::string(10'240, 'a'));
  out.insert(out.end(), std::begin(kTexts), std::end(kTexts));
  return out;
}

std::vector<std::string> texts_of(const FieldSpec& field) {
  const bool any = field.name.ends_with("File") || field.name.starts_with("userHigh") ||
                   field.name.starts_with("userLow");
  return any ? odd_texts() : texts();
}

std::vector<Node> values_of(const FieldSpec& field) {
  std::vector<Node> out;
  if (field.otherwise && !field.otherwise->is_map()) out.push_back(*field.otherwise);
  const auto add = [&](auto value) { out.emplace_back(value); };
  switch (field.type) {
    case FieldType::Integer:
      for (const std::int64_t value :
           {field.minimum - 1, field.minimum, field.maximum, field.maximum + 1}) {
        add(value);
      }
      break;
    case FieldType::Amount:
      for (const char* text :
           {"0", "-1", "0.01", "0.009", "1", "0.99", "2", "100", "100.01", "1000", "1000.01",
            "100000", "100000.01", "99999999999999", "", "x"}) {
        add(text);
      }
      for (const int value : {-1, 0, 1, 1000, 1001, 100'000, 100'001}) add(value);
      break;
    case FieldType::Boolean: add(true), add(false); break;
    case FieldType::Enum:
      for (const std::string& word : field.allowed) add(word);
      add("other"), add("");
      break;
    case FieldType::Strings:
      add(Node::sequence());
      for (const std::string& text : texts_of(field)) add(Node::strings({text}));
      break;
    default:
      for (const std::string& text : texts_of(field)) add(text);
  }
  return out;
}

/// Each value of each field at or below this one.
void try_all(const FieldSpec& field, const Put& put, const Try& attempt) {
  const bool list = field.type == FieldType::Objects;
  if (!list && field.type != FieldType::Object) {
    for (const Node& value : values_of(field)) attempt(field, value, with_company(put(value)));
    return;
  }
  for (const FieldSpec& inner : field.fields) {
    try_all(
        inner,
        [&](const Node& value) {
          if (!list) return put(Node::map().set(inner.name, value));
          return put(Node::sequence({item_of(field.name).set(inner.name, value)}));
        },
        attempt);
  }
}

/// `base`: what else the spec has.
void try_fields(const Node& base, const Try& attempt) {
  for (const FieldSpec& field : spec_table().fields) {
    if (field.name == "injection") continue;
    try_all(field, [&](const Node& value) { return Node(base).set(field.name, value); }, attempt);
  }
}

std::string shown(const Node& spec) {
  const std::string text = api::to_json(spec);
  return text.size() > 300 ? text.substr(0, 300) + "…" : text;
}

/// Both ways. What is empty is the sidecar's to refuse by its file; the rest of `own` is refused of
/// an injected sidecar alone, which has no place for a file and is told of its TLS by
/// spec.injection.
void agree(const FieldSpec& field, const Node& value, const Node& spec,
           std::set<std::string>& valid) {
  const std::set<std::string> own = {"adminTlsCertFile", "adminTlsKeyFile", "adminClientCaFile",
                                     "auditLog"};
  const sidecar::Parsed started = started_with(spec);
  const api::Problems problems = problems_of_profile(profile(spec));
  if (problems.empty()) {
    valid.insert(field.name);
    EXPECT_TRUE(started.settings) << shown(spec) << ": " << started.err;
  } else if (!own.contains(field.name) && value != Node("") && value != Node::strings({""})) {
    EXPECT_FALSE(started.settings) << shown(spec) << ": " << api::format(problems);
  }
}

TEST(ProfileAgreement, ASidecarStartsWithWhatTheOperatorCallsValidAndWithNothingElse) {
  std::set<std::string> fields,
      valid = {"adminTlsCertFile", "adminTlsKeyFile", "adminClientCaFile"};
  try_fields(Node::map(), [&](const FieldSpec& field, const Node& value, const Node& spec) {
    fields.insert(field.name);
    agree(field, value, spec, valid);
  });
  EXPECT_EQ(fields, valid) << "a field of which no value was tried that is allowed";
}

TEST(ProfileAgreement, AlsoInModeTcp) {
  std::set<std::string> taken, refused;
  const auto attempt = [&](const FieldSpec& field, const Node&, const Node& spec) {
    if (!is_valid(spec)) return;
    const Node tcp = Node(spec).set("mode", "tcp");
    const bool valid = is_valid(tcp);
    if (!(valid ? taken : refused).insert(field.name).second) return;
    const sidecar::Parsed started = started_with(tcp);
    EXPECT_EQ(valid, started.settings.has_value()) << shown(tcp) << ": " << started.err;
  };
  try_fields(Node::map(), attempt);
  std::set<std::string> without = {"mode", "adminTlsCertFile", "adminTlsKeyFile",
                                   "adminClientCaFile"};
  for (const auto& name : api::fields_of_requests()) without.insert(std::string(name));
  for (const FieldSpec& field : spec_table().fields) {
    if (!field.fields.empty() || without.contains(field.name)) continue;
    EXPECT_TRUE(taken.contains(field.name)) << field.name;
  }
  EXPECT_TRUE(refused.contains("deny"));
}

TEST(ProfileAgreement, TheEndsOfARangeAreAllowed) {
  for (const FieldSpec& field : spec_table().fields) {
    const auto valid = [&](const Node& value) {
      return is_valid(with_company(Node::map().set(field.name, value)));
    };
    if (field.type == FieldType::Integer) {
      EXPECT_TRUE(valid(field.minimum) && valid(field.maximum)) << field.name;
      EXPECT_FALSE(valid(field.minimum - 1) || valid(field.maximum + 1)) << field.name;
    }
  }
  const auto valid = [](const char* field, const char* value) {
    return is_valid(with_company(Node::map().set(field, value)));
  };
  for (const char* score : {"anomalyWarningScore", "anomalyCriticalScore", "forecastRatio"}) {
    EXPECT_TRUE(valid(score, "1") && valid(score, "1000")) << score;
    EXPECT_FALSE(valid(score, "0.99") || valid(score, "1000.01")) << score;
  }
  EXPECT_TRUE(valid("userCpuPercentMax", "0.01") && valid("userCpuPercentMax", "100000"));
  EXPECT_FALSE(valid("userCpuPercentMax", "0.009") || valid("userCpuPercentMax", "100000.01"));
}

}  // namespace
}  // namespace op
