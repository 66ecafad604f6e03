#include "report/junit.h"

#include "drill/criteria.h"
#include "report/markup.h"
#include "report/words.h"

namespace report {
namespace {

struct Case {
  std::string group;
  std::string name;
  drill::Verdict verdict;
  std::string message;
  double seconds = 0;
};

std::vector<Case> cases(const drill::Report& report) {
  std::vector<Case> out;
  for (const drill::ObjectiveResult* objective : {&report.rto, &report.rpo}) {
    if (!objective->objective || !objective->verdict) continue;  // the plan asks for none
    const std::string name =
        objective->name.empty() ? (objective == &report.rto ? "RTO" : "RPO") : objective->name;
    out.push_back({"objectives", name, *objective->verdict,
                   fmt::format("{} (measured {}, objective {})", objective->reason,
                               in_words(objective->service), base::human(*objective->objective)),
                   objective->service ? base::to_seconds(objective->service->upper.value_or(
                                            objective->service->lower))
                                      : 0});
  }
  for (const drill::CriterionResult& c : report.criteria) {
    out.push_back({"criteria." + c.window,
                   drill::label(c) + (c.statistic.empty() ? "" : " " + c.statistic), c.verdict,
                   fmt::format("{}, target {}{}{}", measured(c), target(c),
                               c.reason.empty() ? "" : ": ", c.reason),
                   0});
  }
  return out;
}

bool is_error(drill::Verdict verdict) {
  return verdict == drill::Verdict::Inconclusive || verdict == drill::Verdict::Invalid;
}

std::string xml(const Case& one, const Html& suite) {
  const std::string open =
      fmt::format("    <testcase classname=\"{}.{}\" name=\"{}\" time=\"{:.3f}\"", suite,
                  escape(one.group), escape(one.name), one.seconds);
  if (one.verdict == drill::Verdict::Met) return open + "/>\n";
  const char* element = is_error(one.verdict) ? "error" : "failure";
  return fmt::format("{}>\n      <{} type=\"{}\" message=\"{}\"/>\n    </testcase>\n", open,
                     element, in_words(one.verdict), escape(one.message));
}

}  // namespace

std::string junit(const drill::Report& report) {
  const Html suite = escape(report.plan.empty() ? "drill" : report.plan);
  std::vector<Case> all = cases(report);
  // A drill can fail for what is no objective and no criterion: split brain, a broken instrument.
  drill::Verdict worst = drill::Verdict::Met;
  for (const Case& one : all) worst = drill::worse(worst, one.verdict);
  if (drill::worse(worst, report.verdict) != worst) {
    all.push_back({"drill", "verdict", report.verdict,
                   report.reasons.empty() ? report.ending_reason : report.reasons.front(), 0});
  }
  int failures = 0, errors = 0;
  std::string body;
  for (const Case& one : all) {
    failures += one.verdict == drill::Verdict::Missed ? 1 : 0;
    errors += is_error(one.verdict) ? 1 : 0;
    body += xml(one, suite);
  }
  const double took = base::to_seconds(report.finished - report.started);
  const std::string counts =
      fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.3f}\"", all.size(),
                  failures, errors, took);
  std::string properties;
  const std::pair<const char*, const std::string&> facts[] = {
      {"drill", report.drill_id}, {"profile", report.profile}, {"evidence", report.directory}};
  for (const auto& [name, value] : facts) {
    properties += fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, escape(value));
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"muster\" {0}>\n"
      "  <testsuite name=\"{1}\" timestamp=\"{2}\" {0}>\n    <properties>\n{3}"
      "    </properties>\n{4}  </testsuite>\n</testsuites>\n",
      counts, suite, base::rfc3339(report.started).substr(0, 19), properties, body);
}

}  // namespace report
