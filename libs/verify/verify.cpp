#include "verify/verify.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "verify/vantages.h"

namespace verify {
namespace {

using api::Node;

/// Half a nanosecond as seconds: two figures that differ by a nanosecond differ.
constexpr double kSame = 4e-10;
constexpr std::size_t kShown = 80;
/// Since this version of the report what was not asked for is null.
constexpr std::int64_t kObjectivesAreNull = 4;

bool is_number(const Node& node) {
  return node.is_int() || node.is_double();
}

bool same(const Node& a, const Node& b) {
  if (a.is_int() && b.is_int()) return a.as_int() == b.as_int();
  if (!is_number(a) || !is_number(b)) return a == b;
  const double x = a.as_double();
  const double y = b.as_double();
  return std::fabs(x - y) <= kSame + 1e-14 * std::fabs(x);
}

std::string shown(const Node* node) {
  if (node == nullptr) return "nothing";
  std::string text = api::to_json(*node);
  if (text.size() > kShown) text = text.substr(0, kShown) + "…";
  return text;
}

/// How a list item is called in a place: by its name where it has one.
std::string label(const Node& item, std::size_t index) {
  for (const Node* node :
       {&item["name"], &item["stream"]["name"], &item["stream"], &item["metric"], &item["what"]}) {
    if (node->is_string() && !node->as_string().empty()) return node->as_string();
  }
  return std::to_string(index);
}

/// Maps whose keys are data: a key too many is a difference as well.
bool keys_are_data(const std::string& key) {
  return key == "versions" || key == "badByCause" || key == "phaseBegan";
}

/// Fields that came to this version of the report later: one that was written before has none,
/// which says the same as an empty one.
bool came_later(const std::string& key) {
  return key == "vantages" || key == "names";
}

/// Until version 4 an objective that no plan had asked for stood in a report as one of 0 s, with
/// the verdict of one that was not measured; it was never met.
bool asked_nothing(const Node& want, const Node& have) {
  const Node* objective = want.find("objectiveSeconds");
  if (objective == nullptr || !objective->is_null()) return false;
  const std::string& verdict = have["verdict"].as_string();
  return is_number(have["objectiveSeconds"]) && have["objectiveSeconds"].as_double() == 0 &&
         (verdict == "Inconclusive" || verdict == "Invalid");
}

/// Two trees side by side. Where it stands is a stack; words are made of it only where needed.
class Comparison {
 public:
  Comparison(Verification& out, std::int64_t version) : out_(out), version_(version) {}

  void map(const Node& want, const Node& have) {
    const bool unasked = version_ < kObjectivesAreNull && asked_nothing(want, have);
    for (const api::Entry& entry : want.entries()) {
      if (unasked && (entry.key == "objectiveSeconds" || entry.key == "verdict")) continue;
      const bool empty = entry.value.is_sequence() && entry.value.items().empty();
      if (empty && came_later(entry.key) && !have.has(entry.key)) continue;
      path_.push_back({&entry.key, nullptr, 0});
      value(entry.value, have.find(entry.key));
      path_.pop_back();
    }
    for (const api::Entry& entry : have.entries()) {
      if (want.has(entry.key)) continue;
      const bool data =
          !path_.empty() && path_.back().key != nullptr && keys_are_data(*path_.back().key);
      path_.push_back({&entry.key, nullptr, 0});
      if (data) {
        differ(&entry.value, nullptr);
      } else {
        out_.not_compared.insert(place(false));
      }
      path_.pop_back();
    }
  }

 private:
  struct Step {
    const std::string* key;  // of a map; null: an item of a list
    const Node* item;
    std::size_t index;
  };

  /// "streams[orders/W].ok", or "streams[].ok" without names.
  std::string place(bool named) const {
    std::string out;
    for (const Step& step : path_) {
      if (step.key == nullptr) {
        out += named ? "[" + label(*step.item, step.index) + "]" : "[]";
      } else {
        out += (out.empty() ? "" : ".") + *step.key;
      }
    }
    return out;
  }

  void value(const Node& want, const Node* have) {
    if (have == nullptr) return differ(have, &want);
    if (want.is_map() && have->is_map()) return map(want, *have);
    if (want.is_sequence() && have->is_sequence()) return list(want.items(), have->items());
    ++out_.compared;
    if (!same(want, *have)) differ(have, &want);
  }

  void list(const Node::Sequence& wanted, const Node::Sequence& had) {
    ++out_.compared;
    if (wanted.size() != had.size()) {
      out_.differences.push_back({place(true), fmt::format("{} items", had.size()),
                                  fmt::format("{} items", wanted.size())});
    }
    for (std::size_t i = 0; i < std::min(wanted.size(), had.size()); ++i) {
      path_.push_back({nullptr, &wanted[i], i});
      value(wanted[i], &had[i]);
      path_.pop_back();
    }
  }

  void differ(const Node* reported, const Node* recomputed) {
    out_.differences.push_back({place(true), shown(reported), shown(recomputed)});
  }

  Verification& out_;
  std::int64_t version_;  // of the report
  std::vector<Step> path_;
};

}  // namespace

void compare(const Node& recomputed, const Node& reported, Verification& out) {
  Comparison(out, reported["version"].as_int()).map(recomputed, reported);
}

base::Result<Verification> verify(const bundle::Bundle& bundle) {
  if (bundle.documents.report_json.empty() || bundle.documents.plan_json.empty()) {
    return base::fail(base::Code::InvalidArgument,
                      "the bundle has no report or no plan: there is nothing to compare");
  }
  TRY(const Rules rules, rules_of(bundle.documents.plan_json));
  auto report = api::parse_json(bundle.documents.report_json);
  if (!report) return tl::unexpected(report.error().with("report.json"));
  if (const std::string wrong = implausible(bundle.evidence); !wrong.empty()) {
    return base::fail(base::Code::InvalidArgument, wrong);
  }
  if (!bundle.evidence.vantages.empty()) {
    // Moved onto one time axis they have to make sense as well.
    const Vantages vantages(bundle.evidence);
    for (std::size_t k = 0; k < vantages.count(); ++k) {
      const std::string wrong = implausible(vantages.seen_by(k));
      if (!wrong.empty()) return base::fail(base::Code::InvalidArgument, wrong);
    }
  }
  Verification out;
  out.recomputed = recompute(bundle, rules);
  // A report without plots claims nothing by them.
  if ((*report)["series"].size() == 0) out.recomputed.figures.erase("series");
  compare(out.recomputed.figures, *report, out);
  return out;
}

}  // namespace verify
