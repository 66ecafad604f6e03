#include "sim/api_rules.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace sim {
namespace {

using api::Node;

constexpr std::size_t kNameLengthMax = 253;
constexpr std::size_t kGenerated = 5;
constexpr std::string_view kLetters = "bcdfghjklmnpqrstvwxz2456789";

bool is_own_group(const kube::Resource& resource) {
  const std::string& group = resource.group;
  return group.find('.') == std::string::npos || group.ends_with(".k8s.io");
}

Refused invalid(const std::string& field, const std::string& why) {
  return {422, "Invalid", fmt::format("{}: Invalid value: {}", field, why)};
}

bool has_new_item(const Node& before, const Node& after) {
  const auto is_old = [&before](const Node& item) {
    return std::find(before.items().begin(), before.items().end(), item) != before.items().end();
  };
  return !std::all_of(after.items().begin(), after.items().end(), is_old);
}

}  // namespace

bool has_generation(const kube::Resource& resource) {
  if (resource.group.empty()) return resource.plural == "pods";
  return resource.group != "coordination.k8s.io" && resource.group != "events.k8s.io";
}

bool needs_version(const kube::Resource& resource) {
  return !is_own_group(resource);
}

bool same(const Node& a, const Node& b) {
  if (!a.is_map() || !b.is_map()) return a == b;
  if (a.size() != b.size()) return false;
  return std::all_of(a.entries().begin(), a.entries().end(), [&b](const api::Entry& entry) {
    const Node* other = b.find(entry.key);
    return other != nullptr && same(entry.value, *other);
  });
}

bool is_object_name(const std::string& name) {
  if (name.empty() || name.size() > kNameLengthMax) return false;
  char last = '.';
  for (const char c : name + '.') {
    const bool inner = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!inner && c != '-' && c != '.') return false;
    // A part begins and ends with a letter or a digit.
    if ((c == '-' && last == '.') || (c == '.' && (last == '.' || last == '-'))) return false;
    last = c;
  }
  return true;
}

std::string generated_name(const std::string& prefix, std::uint64_t number) {
  std::string out = prefix;
  for (std::size_t i = 0; i < kGenerated; ++i) {
    out += kLetters[number % kLetters.size()];
    number /= kLetters.size();
  }
  return out;
}

Refused refused_change(const Node& now, const Node& then, bool replaces) {
  const Node& was = now["metadata"];
  const Node& is = then["metadata"];
  if (!(is["name"] == was["name"])) {
    return {400, "BadRequest", "the name of the object is another than that in the URL"};
  }
  const auto conflict = [&](const char* name) {
    return Refused{
        409, "Conflict",
        fmt::format("Operation cannot be fulfilled: {} is {}", name, was[name].as_string())};
  };
  if (!(is["resourceVersion"] == was["resourceVersion"])) return conflict("resourceVersion");
  if (!(is["uid"] == was["uid"])) {
    return replaces ? conflict("uid") : invalid("metadata.uid", "field is immutable");
  }
  if (!(is["deletionTimestamp"] == was["deletionTimestamp"])) {
    return invalid("metadata.deletionTimestamp", "field is immutable");
  }
  if (was.has("deletionTimestamp") && has_new_item(was["finalizers"], is["finalizers"])) {
    return invalid("metadata.finalizers",
                   "no new finalizers can be added if the object is being deleted");
  }
  return {};
}

void keep_own_fields(const Node& now, Node& then) {
  Node meta = then["metadata"];
  for (const char* name : {"generation", "creationTimestamp", "deletionGracePeriodSeconds"}) {
    const Node* had = now["metadata"].find(name);
    if (had == nullptr) {
      meta.erase(name);
    } else if (const Node* has = meta.find(name); has == nullptr || !(*has == *had)) {
      meta.set(name, *had);
    }
  }
  if (!(meta == then["metadata"])) then.set("metadata", std::move(meta));
}

void mark_deleted(Node& meta, const std::string& time, std::int64_t grace_seconds) {
  if (!meta.has("deletionTimestamp")) {
    meta.set("deletionTimestamp", time);
    if (meta.has("generation")) meta.set("generation", meta["generation"].as_int() + 1);
  }
  const std::int64_t before = meta["deletionGracePeriodSeconds"].as_int(grace_seconds);
  meta.set("deletionGracePeriodSeconds", std::min(before, grace_seconds));
}

}  // namespace sim
