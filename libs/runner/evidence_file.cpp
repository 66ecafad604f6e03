#include "runner/evidence_file.h"

#include "aio/file.h"
#include "drill/assess.h"
#include "report/json.h"
#include "runner/requester.h"
#include "runner/results.h"

namespace runner {
namespace {

using api::Node;

Node action_node(const std::string& name, const api::Action& action) {
  return Node::map().set("name", name).set("kind", action.kind).set("parameters", action.params);
}

template <class Part>
Node parts(const std::vector<Part>& all) {
  Node out = Node::sequence();
  for (const Part& part : all) out.push(action_node(part.name, part.action));
  return out;
}

/// The plan as it ran, and what became of its placeholders.
std::string plan_json(const api::RecoveryPlan& plan) {
  Node resolved = Node::map()
                      .set("probes", parts(plan.probes))
                      .set("faults", parts(plan.faults))
                      .set("recovery", parts(plan.recovery))
                      .set("failback", parts(plan.failback));
  return api::to_json(
      Node::map().set("document", plan.document).set("resolved", std::move(resolved)), 1);
}

/// Of the file that a recovery would start from, the part that describes the system.
std::string system_json(const DrillDir& dir) {
  const auto text = aio::read_file(dir.system());
  if (!text) return "";
  const auto kept = api::parse_json(*text);
  return kept ? api::to_json((*kept)["system"], 1) : "";
}

/// Plots are drawn from the operations, which are in the bundle; they would be half of it.
std::string figures_json(drill::Report report) {
  report.series.clear();
  return report::to_json(report);
}

}  // namespace

base::Result<> keep_given_plan(const DrillDir& dir, const std::string& file) {
  TRY(const std::string text, aio::read_file(file));
  return aio::write_file_atomic(dir.given_plan(), text);
}

base::Result<> save_evidence(const DrillDir& dir, const EvidenceContext& context,
                             const drill::Report& report, const drill::Evidence& evidence,
                             const crypto::SigningKey& key) {
  bundle::About about;
  about.plan = report.plan;
  about.started = report.started;
  about.finished = report.finished;
  about.final_state = drill::name(report.final_state);
  about.requested_by = context.requested_by;
  about.audit = context.audit;
  bundle::Documents documents;
  documents.plan_yaml = report.plan_yaml;
  documents.given_yaml = aio::read_file(dir.given_plan()).value_or("");
  documents.plan_json = plan_json(context.plan);
  documents.system_json = system_json(dir);
  documents.report_json = figures_json(report);
  return aio::write_file_atomic(dir.bundle(), bundle::write(about, documents, evidence, key));
}

base::Result<bool> is_report_of(const DrillDir& dir, const bundle::Bundle& bundle) {
  TRY(drill::Report shown, load_report(dir));
  // Both are read and written anew: one of an earlier version says the same in other words.
  TRY(drill::Report signed_one, report::from_json(bundle.documents.report_json));
  return figures_json(std::move(shown)) == figures_json(std::move(signed_one));
}

base::Result<drill::Report> report_of(const bundle::Bundle& bundle) {
  TRY(drill::Report report, report::from_json(bundle.documents.report_json));
  // They depend on the records alone, whatever was to be judged.
  report.series = drill::assess({}, bundle.evidence).series;
  return report;
}

base::Result<Accounting> begin_accounting(const StateDir& state, const DrillDir& dir,
                                          aio::Clock& clock, const std::string& plan,
                                          const bundle::Requester& requester,
                                          AuditTrail::Measured measured) {
  TRY(OwnKey key, own_key(state));
  TRY(auto audit,
      AuditTrail::open(state.audit_log(), clock, {dir.id(), requester}, std::move(measured)));
  if (key.made) audit->tell("KeyMade", crypto::key_id(key.key.public_key()), key.path);
  TRY(audit->request("DrillRequested", plan, ""));
  return Accounting{std::move(key), std::move(audit)};
}

std::vector<std::string> conclude_accounting(Accounting& accounting, const DrillDir& dir,
                                             const api::RecoveryPlan& plan,
                                             const drill::Report& report,
                                             const drill::Evidence& evidence) {
  accounting.audit->tell("DrillEnded", drill::name(report.ending),
                         std::string(drill::name(report.verdict)) +
                             (report.reasons.empty() ? "" : ": " + report.reasons.front()));
  const EvidenceContext context{plan, accounting.audit->requester(), accounting.audit->flush()};
  std::vector<std::string> problems = accounting.audit->problems();
  if (const auto saved = save_evidence(dir, context, report, evidence, accounting.key.key);
      !saved) {
    problems.push_back(dir.bundle() + " was not written: " + saved.error().message);
  }
  return problems;
}

}  // namespace runner
