// What fields of a SidecarProfile must be to each other, in CEL (crd_rules.h). Limits and their
// defaults are read from its table.
#include <array>

#include <fmt/format.h>

#include "api/crd_rules.h"
#include "api/crd_text.h"
#include "api/sidecar_profile.h"
#include "api/tables.h"

namespace api {
namespace {

using Rules = std::vector<CrdRule>;

/// A number of a profile, or its default, which nobody fills in there; -1: there is neither.
std::string or_default(const FieldSpec& map, const char* name, bool amount) {
  const FieldSpec& field = table_at(map, name);
  const std::string value =
      amount ? fmt::format("double(self.{})", name) : fmt::format("self.{}", name);
  const std::string otherwise =
      field.otherwise ? fmt::format("{}{}", field.otherwise->as_int(), amount ? ".0" : "") : "-1.0";
  return fmt::format("(has(self.{}) ? {} : {})", name, value, otherwise);
}

void add_threshold(Rules& out, const FieldSpec& threshold) {
  const std::string path = "spec.thresholds." + threshold.name;
  const bool percent = threshold.name.ends_with("Percent");
  const char* const most = percent ? "100" : "86400000";
  for (const char* limit : {"warning", "critical"}) {
    const std::string allowed = fmt::format("above 0 and at most {} is allowed", most);
    out.push_back({path,
                   fmt::format("!has(self.{0}) || (double(self.{0}) > 0.0 && double(self.{0}) <= "
                               "{1}.0)",
                               limit, most),
                   allowed, fmt::format("string(self.{}) + ': {}'", limit, allowed),
                   fmt::format(".{}", limit)});
  }
  const std::string warning = or_default(threshold, "warning", true);
  const std::string critical = or_default(threshold, "critical", true);
  // The values are in no message: what it costs to make a text of them is not bounded.
  const auto of = [&](const char* limit) {
    const FieldSpec& field = table_at(threshold, limit);
    return field.otherwise
               ? fmt::format("{} ({} where it is not written)", limit, field.otherwise->as_int())
               : std::string(limit);
  };
  out.push_back({path, fmt::format("{0} < 0.0 || {1} <= {0}", critical, warning),
                 fmt::format("{} is at most {}", of("warning"), of("critical"))});
}

/// A better grade asks for no less.
void add_grades(Rules& out) {
  const FieldSpec& targets = table_at(sidecar_profile_table(), "spec.encryptionTargets");
  const std::array<const char*, 4> grades{"gradeAPercent", "gradeBPercent", "gradeCPercent",
                                          "gradeDPercent"};
  for (std::size_t at = 0; at + 1 < grades.size(); ++at) {
    out.push_back({"spec.encryptionTargets",
                   fmt::format("{} >= {}", or_default(targets, grades[at], false),
                               or_default(targets, grades[at + 1], false)),
                   fmt::format("{} is at most {}", grades[at + 1], grades[at])});
  }
}

void add_amount(Rules& out, const char* field, const char* least, const char* most) {
  const std::string allowed = fmt::format("{} to {} is allowed", least, most);
  out.push_back({"spec",
                 fmt::format("!has(self.{0}) || (double(self.{0}) >= double('{1}') && "
                             "double(self.{0}) <= double('{2}'))",
                             field, least, most),
                 allowed, fmt::format("string(self.{}) + ': {}'", field, allowed),
                 fmt::format(".{}", field)});
}

/// In the ranges of alert::check(); a score of what is critical is no less than that of a warning.
void add_amounts(Rules& out) {
  for (const char* score : {"anomalyWarningScore", "anomalyCriticalScore", "forecastRatio"}) {
    add_amount(out, score, "1", "1000");
  }
  add_amount(out, "userCpuPercentMax", "0.01", "100000");
  add_amount(out, "cpuLimitCores", "0.001", "100000");
  const FieldSpec& spec = table_at(sidecar_profile_table(), "spec");
  const auto otherwise = [&](const char* field) {
    return table_at(spec, field).otherwise->as_string();
  };
  const std::string warning = otherwise("anomalyWarningScore");
  const std::string critical = otherwise("anomalyCriticalScore");
  const auto score = [](const char* field, const std::string& unsaid) {
    return fmt::format("(has(self.{0}) ? double(self.{0}) : double('{1}'))", field, unsaid);
  };
  out.push_back({"spec",
                 fmt::format("{} >= {}", score("anomalyCriticalScore", critical),
                             score("anomalyWarningScore", warning)),
                 fmt::format("is below anomalyWarningScore ({} and {} where they are not written)",
                             critical, warning),
                 "", ".anomalyCriticalScore"});
}

/// No pattern: the API server would tell the text, in which a password may stand.
void add_database(Rules& out) {
  out.push_back({"spec.database",
                 fmt::format("self.matches({})", cel_text("^postgres(ql)?://[^:/?]+@")),
                 "postgresql://USER@HOST:PORT/DATABASE is allowed, without a password"});
}

void add_origins(Rules& out) {
  out.push_back({"spec.rumOrigins[]",
                 fmt::format("!self.matches({})", cel_text("^(http://.*:80|https://.*:443)$")),
                 "browsers leave out the port that the scheme has anyway, and so must this"});
}

}  // namespace

std::vector<CrdRule> sidecar_profile_crd_rules() {
  Rules out;
  out.push_back({"spec", "has(self.tlsCertFile) == has(self.tlsKeyFile)",
                 "tlsCertFile and tlsKeyFile are given together, or neither"});
  out.push_back({"spec", "!has(self.rumPath) || !has(self.mode) || self.mode != 'tcp'",
                 "rumPath is not allowed: mode tcp has no paths"});
  for (const FieldSpec& each : table_at(sidecar_profile_table(), "spec.thresholds").fields) {
    add_threshold(out, each);
  }
  add_grades(out);
  add_amounts(out);
  add_database(out);
  add_origins(out);
  return out;
}

}  // namespace api
