#include "operator/profile_rules.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "alert/cpu_quota.h"
#include "alert/outlook.h"
#include "alert/thresholds.h"
#include "api/decode.h"
#include "api/sidecar_profile.h"
#include "api/tables.h"
#include "limit/rules.h"
#include "operator/injection_admin_tls.h"
#include "operator/profile_texts.h"
#include "traffic/endpoint.h"

namespace op {
namespace {

using api::Node;

limit::RuleSettings rule_of(const Node& node) {
  limit::RuleSettings out;
  out.name = node["name"].as_string();
  out.match.path = node["path"].as_string();
  out.match.method = node["method"].as_string();
  out.match.header = node["header"].as_string();
  out.match.value = node["value"].as_string();
  for (const Node& each : node["limits"].items()) {
    out.limits.push_back({static_cast<std::uint32_t>(each["requests"].as_int()),
                          base::seconds(each["seconds"].as_int())});
  }
  return out;
}

template <class Value>
void judge(api::Decoder& decoder, const char* field, const base::Result<Value>& read) {
  if (!read) decoder.complain({}, field, read.error().message);
}

/// What fields must be to each other, or the sidecar would not start, and the pod with it.
void judge_together(api::Decoder& decoder, const Node& spec) {
  const auto says = [&](const char* field) { return spec[field].is_string(); };
  const auto unless = [&](bool good, const char* field, const char* why) {
    if (!good) decoder.complain({}, field, why);
  };
  unless(!says("adminTlsCertFile"), "spec.adminTlsCertFile",
         "the probes of an injected sidecar have to know of it: spec.injection.adminTls");
  unless(!says("adminTlsKeyFile"), "spec.adminTlsKeyFile",
         "goes with that: spec.injection.adminTls");
  unless(!says("adminClientCaFile"), "spec.adminClientCaFile",
         "goes with that: spec.injection.adminTls.clientCaKey");
  if (const Node* const tls = spec["injection"].find("adminTls")) {
    judge(decoder, "spec.injection.adminTls",
          check_admin_tls({.secret = (*tls)["secret"].as_string(),
                           .client_ca_key = (*tls)["clientCaKey"].as_string()}));
  }
  const std::string& log = spec["auditLog"].as_string();
  unless(log.empty() || log == "stdout" || log == "off", "spec.auditLog",
         "stdout or off: an injected sidecar has no place for a file");
  unless(says("tlsCertFile") == says("tlsKeyFile"), "spec.tlsCertFile",
         "goes with spec.tlsKeyFile, and that with it");
  unless(!says("redis") || says("fingerprintKeyFile"), "spec.redis",
         "needs spec.fingerprintKeyFile: replicas know a client by a key that they share");
  unless(spec["limitsWithoutRedis"].as_string() != "closed" || says("redis"),
         "spec.limitsWithoutRedis", "closed needs spec.redis");
  unless(!spec["cacheRedis"].as_bool() || (says("redis") && spec["cacheBytesMax"].as_int() > 0),
         "spec.cacheRedis", "needs spec.redis and spec.cacheBytesMax");
}

/// What an Amount is: an integer, or a decimal number in a text.
std::optional<double> amount_of(const Node& node) {
  if (node.is_int()) return node.as_double();
  const std::string& text = node.as_string();
  double out = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && parsed.ec == std::errc() ? std::optional(out) : std::nullopt;
}

/// Whether the field says what it would say if it were not written.
bool is_default(const api::FieldSpec& field, const Node& value) {
  if (field.otherwise && field.type == api::FieldType::Amount) {
    return amount_of(value) == amount_of(*field.otherwise);
  }
  if (field.otherwise) return value == *field.otherwise;
  return value.is_null() || (value.is_int() && value.as_int() == 0) ||
         (value.is_sequence() && value.size() == 0);
}

/// What has no effect in mode tcp the sidecar refuses: who writes it believes that it holds.
void judge_mode(api::Decoder& decoder, const Node& spec) {
  if (spec["mode"].as_string() != "tcp") return;
  const api::FieldSpec& table = api::table_at(api::sidecar_profile_table(), "spec");
  for (const std::string_view field : api::fields_of_requests()) {
    const Node& value = spec[field];
    if (is_default(api::table_at(table, field), value)) continue;
    decoder.complain(
        {}, fmt::format("spec.{}", field),
        fmt::format("{}: of no effect in mode tcp, which has no requests", api::to_json(value)));
  }
}

void judge_thresholds(api::Decoder& decoder, const Node& thresholds) {
  // Its table is in the order of measures.
  const auto& table = api::table_at(api::sidecar_profile_table(), "spec.thresholds").fields;
  for (std::size_t at = 0; at < alert::kMeasures; ++at) {
    const Node& one = thresholds[table[at].name];
    const std::string field = "spec.thresholds." + table[at].name;
    judge(decoder, field.c_str(),
          alert::check(static_cast<alert::Measure>(at), {.warning = amount_of(one["warning"]),
                                                         .critical = amount_of(one["critical"])}));
  }
}

/// By the field that is to blame: each by itself before both scores together.
void judge_outlook(api::Decoder& decoder, const Node& spec) {
  const auto with = [&](const char* field, double alert::OutlookSettings::* score) {
    alert::OutlookSettings one{.warning_above = 1, .critical_above = alert::kScoreMax};
    one.*score = amount_of(spec[field]).value_or(0);
    judge(decoder, fmt::format("spec.{}", field).c_str(), alert::check(one));
  };
  with("anomalyWarningScore", &alert::OutlookSettings::warning_above);
  with("anomalyCriticalScore", &alert::OutlookSettings::critical_above);
  alert::OutlookSettings all;
  all.forecast.steps = static_cast<std::size_t>(spec["forecastSteps"].as_int());
  all.forecast.ratio = amount_of(spec["forecastRatio"]).value_or(0);
  judge(decoder, "spec.forecastRatio", alert::check(all));
  if (!decoder.problems().empty()) return;
  all.warning_above = amount_of(spec["anomalyWarningScore"]).value_or(0);
  all.critical_above = amount_of(spec["anomalyCriticalScore"]).value_or(0);
  judge(decoder, "spec.anomalyCriticalScore", alert::check(all));
}

void judge_grades(api::Decoder& decoder, const Node& targets) {
  const std::array<const char*, 4> grades{"gradeAPercent", "gradeBPercent", "gradeCPercent",
                                          "gradeDPercent"};
  for (std::size_t at = 0; at + 1 < grades.size(); ++at) {
    if (targets[grades[at]].as_int() >= targets[grades[at + 1]].as_int()) continue;
    decoder.complain({}, fmt::format("spec.encryptionTargets.{}", grades[at + 1]),
                     fmt::format("is above {}, of the better grade", grades[at]));
  }
}

void judge_disk_paths(api::Decoder& decoder, const Node& paths) {
  for (const std::string& path : paths.as_strings()) {
    if (path.starts_with('/')) continue;
    decoder.complain({}, "spec.diskPaths", fmt::format("'{}': a path begins with /", path));
  }
}

/// As the sidecar's flag takes it.
void judge_cores(api::Decoder& decoder, const Node& cores) {
  const auto read = amount_of(cores);
  if (!read || (*read >= 0.001 && *read <= 100'000)) return;
  decoder.complain({}, "spec.cpuLimitCores",
                   fmt::format("{} is not allowed: 0.001 to 100000 is", *read));
}

/// `spec`: with defaults, and of the right types.
void judge_spec(api::Decoder& decoder, const Node& spec) {
  judge(decoder, "spec.trustedProxies", limit::parse_prefixes(spec["trustedProxies"].as_strings()));
  judge(decoder, "spec.allow", limit::parse_prefixes(spec["allow"].as_strings()));
  judge(decoder, "spec.deny", limit::parse_prefixes(spec["deny"].as_strings()));
  limit::Settings limits;
  if (spec["limitRules"].size() > 0) limits.rules.clear();
  for (const Node& rule : spec["limitRules"].items()) limits.rules.push_back(rule_of(rule));
  judge(decoder, "spec.limitRules", limit::Rules::compile(limits));
  judge_thresholds(decoder, spec["thresholds"]);
  judge_texts(decoder, spec);
  judge_outlook(decoder, spec);
  judge(decoder, "spec.userCpuPercentMax",
        alert::check_cpu_quota(amount_of(spec["userCpuPercentMax"]).value_or(0)));
  judge_grades(decoder, spec["encryptionTargets"]);
  judge_disk_paths(decoder, spec["diskPaths"]);
  judge_cores(decoder, spec["cpuLimitCores"]);
  judge(decoder, "spec.endpoints",
        traffic::Endpoints::create(
            {.rules = spec["endpoints"].as_strings(),
             .automatic = spec["automaticEndpoints"].as_bool(true),
             .most = static_cast<std::size_t>(spec["endpointsMax"].as_int())}));
}

}  // namespace

api::Problems problems_of_profile(const Node& profile) {
  const api::ActionCatalog none;
  api::Decoder decoder(api::kSidecarProfile, none);
  const Node spec =
      decoder.decode(profile["spec"], api::table_at(api::sidecar_profile_table(), "spec"), "spec");
  if (decoder.problems().empty()) judge_spec(decoder, spec);
  if (decoder.problems().empty()) judge_together(decoder, spec);
  if (decoder.problems().empty()) judge_mode(decoder, spec);
  return decoder.take();
}

}  // namespace op
