#include "cli/evidence_view.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/interval.h"
#include "crypto/hash.h"
#include "crypto/signature.h"

namespace cli {
namespace {

using api::Node;

constexpr std::size_t kShownDifferences = 50;

std::string range(const std::optional<verify::Interval>& interval) {
  if (!interval) return "not measured";
  return base::interval(interval->lower, interval->upper);
}

Node range_tree(const std::optional<verify::Interval>& interval) {
  if (!interval) return {};
  return Node::map()
      .set("lowerSeconds", base::to_seconds(interval->lower))
      .set("upperSeconds", interval->upper ? Node(base::to_seconds(*interval->upper)) : Node());
}

Node objective_tree(const verify::Judged& judged) {
  return Node::map()
      .set("verdict", judged.objective ? Node(verify::name(judged.verdict)) : Node())
      .set("objectiveSeconds",
           judged.objective ? Node(base::to_seconds(*judged.objective)) : Node())
      .set("userVisible", range_tree(judged.users))
      .set("service", range_tree(judged.service));
}

/// "Met: <what was found>; objective 5 min 00 s"; without an objective there is no verdict.
std::string objective_text(const verify::Judged& judged, const std::string& found) {
  if (!judged.objective) return found + "; the plan asks for none";
  return fmt::format("{}: {}; objective {}", verify::name(judged.verdict), found,
                     base::human(*judged.objective));
}

Node differences_tree(const std::vector<verify::Difference>& differences) {
  Node out = Node::sequence();
  for (const verify::Difference& d : differences) {
    out.push(Node::map()
                 .set("figure", d.figure)
                 .set("reported", d.reported)
                 .set("recomputed", d.recomputed));
  }
  return out;
}

std::string figures_text(const verify::Verification& v) {
  const verify::Judgement& j = v.recomputed.judgement;
  std::string out = fmt::format("  figures    {} recomputed from the records, ", v.compared);
  if (v.differences.empty()) {
    out += "all agree\n";
  } else {
    out += fmt::format("{} differ from the report:\n", v.differences.size());
    for (std::size_t i = 0; i < std::min(kShownDifferences, v.differences.size()); ++i) {
      const verify::Difference& d = v.differences[i];
      out += fmt::format("             {}: reported {}, recomputed {}\n", d.figure, d.reported,
                         d.recomputed);
    }
    if (v.differences.size() > kShownDifferences) out += "             …\n";
  }
  const std::string away =
      fmt::format("service away {}, users {}", range(j.rto.service), range(j.rto.users));
  out += "  RTO        " + objective_text(j.rto, away) + "\n";
  const std::string lost =
      j.lost ? fmt::format("{} acknowledged write{} lost", *j.lost, *j.lost == 1 ? "" : "s")
             : "no final read";
  out += "  RPO        " + objective_text(j.rpo, lost + ", " + range(j.rpo.service)) + "\n";
  out += fmt::format("  verdict    {}\n", verify::name(j.verdict));
  return out;
}

}  // namespace

BundleVerdict judged(std::string name, const bundle::Read<bundle::Bundle>& read,
                     const std::vector<bundle::TrustedKey>& trust) {
  BundleVerdict out;
  out.path = std::move(name);
  if (!read) {
    out.damage = read.error();
    return out;
  }
  out.bundle = &*read;
  out.trusted_as = bundle::trusted_as(trust, read->seal.key);
  auto figures = verify::verify(*read);
  if (figures) {
    out.figures = std::move(*figures);
  } else {
    out.problem = figures.error().message;
  }
  return out;
}

Exit exit_of(const BundleVerdict& v) {
  if (v.damage) {
    const bool unknown = v.damage->fault == bundle::Fault::NoBundle ||
                         v.damage->fault == bundle::Fault::UnknownVersion;
    return unknown ? Exit::Error : Exit::Missed;
  }
  if (!v.figures || !v.figures->differences.empty()) return Exit::Missed;
  return v.trusted_as ? Exit::Ok : Exit::Inconclusive;
}

std::string result_of(const BundleVerdict& v) {
  if (v.damage) return bundle::name(v.damage->fault);
  if (!v.figures) return "NoFigures";
  if (!v.figures->differences.empty()) return "FiguresDiffer";
  return v.trusted_as ? "Verified" : "UnknownKey";
}

Node tree_of(const BundleVerdict& v) {
  Node out = Node::map().set("bundle", v.path).set("result", result_of(v));
  if (v.damage) {
    return out
        .set("record",
             Node::map().set("index", std::int64_t{v.damage->index}).set("name", v.damage->record))
        .set("message", v.damage->message);
  }
  const bundle::Bundle& b = *v.bundle;
  out.set("format", std::int64_t{bundle::kFormatVersion})
      .set("drillId", b.evidence.drill_id)
      .set("plan", b.about.plan)
      .set("records", static_cast<std::int64_t>(b.records.size()))
      .set("operations", static_cast<std::int64_t>(b.operations()))
      .set("bytes", static_cast<std::int64_t>(b.bytes))
      .set("key", Node::map()
                      .set("id", b.seal.key_id)
                      .set("publicKey", crypto::hex(b.seal.key))
                      .set("trusted", v.trusted_as.has_value())
                      .set("name", v.trusted_as.value_or("")));
  if (!v.figures) return out.set("message", v.problem);
  Node uncompared = Node::sequence();
  for (const std::string& place : v.figures->not_compared) uncompared.push(place);
  const verify::Judgement& j = v.figures->recomputed.judgement;
  return out.set("compared", static_cast<std::int64_t>(v.figures->compared))
      .set("differences", differences_tree(v.figures->differences))
      .set("notCompared", std::move(uncompared))
      .set("rto", objective_tree(j.rto))
      .set("rpo", objective_tree(j.rpo))
      .set("rpoRecords", j.lost ? Node(static_cast<std::int64_t>(*j.lost)) : Node())
      .set("verdict", verify::name(j.verdict));
}

std::string text_of(const BundleVerdict& v) {
  std::string out = fmt::format("{}: {}\n", v.path, result_of(v));
  if (v.damage) return out + "  " + v.damage->message + "\n";
  const bundle::Bundle& b = *v.bundle;
  out += fmt::format("  drill      {} of {}, asked for by {} on {}\n", b.evidence.drill_id,
                     b.about.plan, b.about.requested_by.user, b.about.requested_by.host);
  out += fmt::format("  records    {} intact, {} operations, {} bytes\n", b.records.size(),
                     b.operations(), b.bytes);
  out += fmt::format("  signed by  {}, {}\n", b.seal.key_id,
                     v.trusted_as ? "trusted: " + *v.trusted_as
                                  : std::string("a key that is not on the trust list (--trust)"));
  if (!v.figures) return out + "  figures    " + v.problem + "\n";
  return out + figures_text(*v.figures);
}

Node tree_of(const store::AuditEntry& e) {
  Node out = Node::map()
                 .set("seq", static_cast<std::int64_t>(e.seq))
                 .set("at", base::rfc3339(e.at))
                 .set("drill", e.drill)
                 .set("event", e.event)
                 .set("subject", e.subject)
                 .set("text", e.text)
                 .set("uid", e.uid)
                 .set("user", e.user)
                 .set("host", e.host)
                 .set("command", e.command);
  return out.set("digest", e.digest);
}

std::string text_of(const store::AuditEntry& e) {
  std::string out = fmt::format("{}  {}@{}  {}", base::rfc3339(e.at), e.user, e.host, e.event);
  for (const std::string* part : {&e.subject, &e.text, &e.command}) {
    if (!part->empty()) out += "  " + *part;
  }
  if (!e.drill.empty()) out += "  [" + e.drill + "]";
  // What came from a target or a command line cannot steer the terminal.
  std::replace_if(
      out.begin(), out.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  return out + "\n";
}

std::string rendered(const Node& tree, const std::string& text, Output output) {
  switch (output) {
    case Output::Json: return api::to_json(tree, 2) + "\n";
    case Output::Yaml: return api::to_yaml(tree);
    case Output::Table: return text;
  }
  return text;
}

}  // namespace cli
