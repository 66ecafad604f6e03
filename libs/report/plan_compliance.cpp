// Tables for people, documents for programs.
#include "report/plan_compliance.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "report/columns.h"
#include "report/stamps.h"
#include "report/words.h"

namespace report {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const std::optional<drill::Bounds>& bounds) {
  if (!bounds) return nullptr;
  return {{"lowerSeconds", seconds_of(bounds->lower)},
          {"upperSeconds", bounds->upper ? Json(seconds_of(*bounds->upper)) : Json(nullptr)}};
}

Json json_of(const drill::ObjectiveRecord& record) {
  const drill::TrendTest& trend = record.trend;
  return {
      {"objectiveSeconds", record.objective ? Json(seconds_of(*record.objective)) : Json(nullptr)},
      {"met", record.met},
      {"missed", record.missed},
      {"inconclusive", record.inconclusive},
      {"invalid", record.invalid},
      {"of", record.of},
      {"ratio", record.ratio},
      {"lowerBound", record.lower_bound},
      {"mean", json_of(record.mean)},
      {"worst", json_of(record.worst)},
      {"trend",
       {{"name", drill::name(trend.trend)},
        {"figures", trend.figures},
        {"enough", trend.enough},
        {"s", trend.s},
        {"pValue", trend.p_value},
        {"exact", trend.exact}}}};
}

Json json_of(const std::optional<drill::Verdict>& verdict) {
  return verdict ? Json(name(*verdict)) : Json(nullptr);
}

Json json_of(const drill::Summary& row) {
  return {{"drillId", row.drill_id},
          {"started", utc_nanos(row.started)},
          {"verdict", name(row.verdict)},
          {"ending", name(row.ending)},
          {"rtoVerdict", json_of(row.rto.verdict)},
          {"rto", json_of(row.rto.service)},
          {"rpoVerdict", json_of(row.rpo.verdict)},
          {"rpo", json_of(row.rpo.service)},
          {"score", row.score},
          {"directory", row.directory}};
}

Json json_of(const drill::Recommendation& advice) {
  return {{"priority", advice.priority}, {"metric", advice.metric}, {"measured", advice.measured},
          {"target", advice.target},     {"text", advice.text},     {"steps", advice.steps}};
}

Json json_of(const drill::PastViolation& past);
Json json_of(const drill::PlanCompliance& plan);

template <class T>
Json array_of(const std::vector<T>& items) {
  Json out = Json::array();
  for (const T& item : items) out.push_back(json_of(item));
  return out;
}

Json json_of(const drill::PastViolation& past) {
  return {{"drillId", past.drill_id},
          {"at", utc_nanos(past.at)},
          {"what", past.violation.what},
          {"severity", past.violation.severity},
          {"detail", past.violation.detail}};
}

Json json_of(const drill::PlanCompliance& plan) {
  return {{"plan", plan.plan},
          {"profile", plan.profile},
          {"overrides", plan.overrides},
          {"specDigest", plan.spec_digest},
          {"compliant", plan.compliant()},
          {"reasons", plan.reasons},
          {"stale", plan.stale},
          {"missed", plan.missed},
          {"lastTested", plan.last_tested ? Json(utc_nanos(*plan.last_tested)) : Json(nullptr)},
          {"lastTestedBy", plan.last_tested ? Json(plan.last_tested_by) : Json(nullptr)},
          {"ageSeconds", plan.last_tested ? Json(base::to_seconds(plan.age)) : Json(nullptr)},
          {"maxAgeDays", plan.max_age_days},
          {"count", plan.drills.size()},
          {"leftOut", plan.left_out},
          {"unreported", plan.unreported},
          {"rto", json_of(plan.rto)},
          {"rpo", json_of(plan.rpo)},
          {"violations", array_of(plan.violations)},
          {"recommendations", array_of(plan.recommendations)},
          {"drills", array_of(plan.drills)}};
}

std::string document(const ComplianceOverview& overview) {
  const Json out = {{"at", utc_nanos(overview.at)},
                    {"since", overview.since ? Json(utc_nanos(*overview.since)) : Json(nullptr)},
                    {"compliant", overview.compliant()},
                    {"plans", array_of(overview.plans)}};
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string share(const drill::ObjectiveRecord& record) {
  if (!record.objective) return "–";
  return fmt::format("{} of {}, ≥ {:.0f} %", record.met, record.of,
                     std::floor(record.lower_bound * 100));
}

std::string objective_line(const drill::ObjectiveRecord& record) {
  if (!record.objective) return fmt::format("  {}: {}\n", record.name, kNoObjective);
  return fmt::format(
      "  {} ≤ {}: met in {} of {} drills, at least {:.1f} % with 95 % confidence; missed {}, "
      "inconclusive {}, invalid {}\n       mean {}, worst {}; {}\n",
      record.name, base::human(*record.objective), record.met, record.of,
      std::floor(record.lower_bound * 1000) / 10, record.missed, record.inconclusive,
      record.invalid, in_words(record.mean), in_words(record.worst), in_words(record.trend));
}

std::string counted(const drill::PlanCompliance& plan) {
  std::string out =
      fmt::format("{} comparable drill{}", plan.drills.size(), plan.drills.size() == 1 ? "" : "s");
  if (!plan.overrides.empty()) out += " with " + one_line(plan.overrides);
  if (plan.left_out > 0) {
    out += fmt::format("; {} of another spec or with other overrides left out", plan.left_out);
  }
  if (plan.unreported > 0) out += fmt::format("; {} without a report", plan.unreported);
  return out;
}

std::string details(const drill::PlanCompliance& plan, const TerminalOptions& options) {
  std::string out = painted(one_line(plan.plan), Color::Bold, options.color);
  if (!plan.profile.empty()) out += " (" + one_line(plan.profile) + ")";
  out += ": " + counted(plan) + "\n";
  out += objective_line(plan.rto) + objective_line(plan.rpo);
  if (!plan.violations.empty()) {
    Columns columns({"=AT", "SEVERITY", "VIOLATION", "DETAIL"});
    constexpr std::size_t kShown = 10;
    for (std::size_t i = 0; i < std::min(kShown, plan.violations.size()); ++i) {
      const drill::PastViolation& past = plan.violations[i];
      columns.row({{base::rfc3339(past.at).substr(0, 10)},
                   {past.violation.severity},
                   {one_line(past.violation.what)},
                   {one_line(past.violation.detail)}});
    }
    out += columns.text(options.table_columns(), options.color);
    if (plan.violations.size() > kShown) {
      out += fmt::format("  … and {} more violations: -o json has them all\n",
                         plan.violations.size() - kShown);
    }
  }
  for (const drill::Recommendation& advice : plan.recommendations) {
    out += wrapped(advice.priority + ": " + one_line(advice.text), options.columns, 2);
    for (const std::string& step : advice.steps) out += wrapped("- " + step, options.columns, 4);
  }
  for (const std::string& reason : plan.reasons) {
    out += painted(wrapped("✗ " + one_line(reason), options.columns, 2), Color::Red, options.color);
  }
  return out;
}

std::string table(const ComplianceOverview& overview, const TerminalOptions& options) {
  if (overview.plans.empty()) return "no drills here\n";
  Columns columns({"=PLAN", "PROFILE", ">DRILLS", "RTO MET", "RPO MET", "LAST TESTED", "VERDICT"});
  for (const drill::PlanCompliance& plan : overview.plans) {
    const bool good = plan.compliant();
    const char* word = good                ? "✓ compliant"
                       : !plan.last_tested ? "✗ untested"
                       : plan.stale        ? "✗ stale"
                                           : "✗ missed";
    columns.row({{one_line(plan.plan), Color::Bold},
                 {one_line(plan.profile)},
                 {std::to_string(plan.drills.size())},
                 {share(plan.rto)},
                 {share(plan.rpo)},
                 {plan.last_tested ? base::rfc3339(*plan.last_tested).substr(0, 10) : "never"},
                 {word, good ? Color::Green : Color::Red}});
  }
  std::string out = columns.text(options.table_columns(), options.color);
  for (const drill::PlanCompliance& plan : overview.plans) out += "\n" + details(plan, options);
  return out;
}

}  // namespace

bool ComplianceOverview::compliant() const {
  return !plans.empty() &&
         std::all_of(plans.begin(), plans.end(), [](const auto& plan) { return plan.compliant(); });
}

std::string in_words(const drill::TrendTest& trend) {
  if (!trend.enough) return fmt::format("too few drills to tell a trend ({})", trend.figures);
  const char* word = "no trend";
  if (trend.trend == drill::Trend::Improving) word = "improving";
  if (trend.trend == drill::Trend::Degrading) word = "degrading";
  return fmt::format("{} (p = {:.2g}, {} drills)", word, trend.p_value, trend.figures);
}

std::string compliance(const ComplianceOverview& overview, Format format,
                       const TerminalOptions& options) {
  if (format == Format::Table) return table(overview, options);
  const std::string json = document(overview);
  return format == Format::Json ? json : yaml_of_json(json).value_or(json);
}

}  // namespace report
