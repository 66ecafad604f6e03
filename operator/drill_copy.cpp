#include "operator/drill_copy.h"

#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "crypto/hash.h"

namespace op {
namespace {

using api::Node;

constexpr const char* kKept[] = {"phase",          "verdict", "reason", "startTime",
                                 "completionTime", "rto",     "rpo"};

Node row_status(const Node& status) {
  Node::Map out;
  out.reserve(std::size(kKept) + 1);
  for (const char* name : kKept) {
    if (const Node* value = status.find(name)) out.push_back({name, *value, {}});
  }
  out.push_back({"plan", digest_of_plan(status["plan"]), {}});
  return Node::map(std::move(out));
}

}  // namespace

base::Result<cluster::DrillObject> parse_drill_copy(std::string_view json) {
  TRY(cluster::DrillObject drill, cluster::parse_drill(json));
  if (!drill.finished()) return drill;
  drill.spec = Node();
  drill.status = row_status(drill.status);
  return drill;
}

std::string digest_of_plan(const Node& plan) {
  if (plan.is_string()) return plan.as_string();
  const crypto::Digest digest = crypto::sha256(api::to_json(plan["spec"]));
  std::string out;
  for (std::size_t i = 0; i < 8; ++i) out += fmt::format("{:02x}", digest[i]);
  return out;
}

}  // namespace op
