#include "cluster/field_changes.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace cluster {
namespace {

using api::Entry;
using api::Node;

constexpr std::array kOfTheServer = {
    "resourceVersion",   "generation",        "managedFields", "uid",
    "creationTimestamp", "deletionTimestamp", "selfLink",      "deletionGracePeriodSeconds"};

Node fields_of_writers(Node object) {
  object.erase("status");
  Node* meta = object.find("metadata");
  if (meta == nullptr || !meta->is_map()) return object;
  for (const char* name : kOfTheServer) meta->erase(name);
  return object;
}

class Comparison {
 public:
  /// `made`: of the maps above.
  void compare(const Node* before, const Node* after, std::size_t made) {
    if (before != nullptr && after != nullptr && *before == *after) return;
    const bool both = before != nullptr && after != nullptr && before->is_map() && after->is_map();
    const bool new_map = before == nullptr && after != nullptr && after->is_map();
    if (both || (new_map && after->size() > 0)) return entries(before, *after, made);
    out_.push_back({path_, before == nullptr ? std::nullopt : std::optional(*before), made});
  }
  FieldChanges take() { return std::move(out_); }

 private:
  void entry(const Node* before, const Node* after, const std::string& key, std::size_t made) {
    path_.push_back(key);
    compare(before, after, made);
    path_.pop_back();
  }

  void entries(const Node* before, const Node& after, std::size_t made) {
    const std::size_t below = before == nullptr ? made + 1 : 0;
    for (const Entry& each : after.entries()) {
      entry(before == nullptr ? nullptr : before->find(each.key), &each.value, each.key, below);
    }
    if (before == nullptr) return;
    for (const Entry& each : before->entries()) {
      if (!after.has(each.key)) entry(&each.value, nullptr, each.key, below);
    }
  }

  std::vector<std::string> path_;
  FieldChanges out_;
};

void set_at(Node& object, const std::vector<std::string>& path, const Node& value) {
  Node* at = &object;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    Node* next = at->find(path[i]);
    if (next == nullptr || !next->is_map()) {
      at->set(path[i], Node::map());
      next = at->find(path[i]);
    }
    at = next;
  }
  at->set(path.back(), value);
}

/// Takes a field away, and of the `made` maps above it those that are empty then.
void erase_at(Node& object, const std::vector<std::string>& path, std::size_t made) {
  std::vector<Node*> maps{&object};
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    Node* next = maps.back()->find(path[i]);
    if (next == nullptr || !next->is_map()) return;
    maps.push_back(next);
  }
  maps.back()->erase(path.back());
  for (std::size_t depth = maps.size() - 1; depth > 0 && made > 0; --depth, --made) {
    if (maps[depth]->size() > 0) return;
    maps[depth - 1]->erase(path[depth - 1]);
  }
}

const Node* find_at(const Node& object, const std::vector<std::string>& path) {
  const Node* at = &object;
  for (const std::string& key : path) {
    at = at->find(key);
    if (at == nullptr) return nullptr;
  }
  return at;
}

}  // namespace

std::string to_string(const FieldChange& change) {
  return fmt::format("{}", fmt::join(change.path, "."));
}

FieldChanges changes(const Node& before, const Node& after) {
  const Node earlier = fields_of_writers(before);
  const Node later = fields_of_writers(after);
  Comparison comparison;
  comparison.compare(&earlier, &later, 0);
  return comparison.take();
}

Node undone(Node now, const FieldChanges& changes) {
  for (const FieldChange& change : changes) {
    if (change.path.empty()) continue;
    if (change.before) {
      set_at(now, change.path, *change.before);
    } else {
      erase_at(now, change.path, change.made);
    }
  }
  return now;
}

std::vector<std::string> as_before(const Node& now, const FieldChanges& changes) {
  std::vector<std::string> out;
  for (const FieldChange& change : changes) {
    const Node* value = find_at(now, change.path);
    const bool same =
        change.before ? value != nullptr && *value == *change.before : value == nullptr;
    if (same) out.push_back(to_string(change));
  }
  return out;
}

Node merge_patch(const Node& from, const Node& to) {
  Node out = Node::map();
  for (const Entry& each : to.entries()) {
    const Node* earlier = from.find(each.key);
    if (earlier != nullptr && *earlier == each.value) continue;
    const bool both = earlier != nullptr && earlier->is_map() && each.value.is_map();
    out.set(each.key, both ? merge_patch(*earlier, each.value) : each.value);
  }
  for (const Entry& each : from.entries()) {
    if (!to.has(each.key)) out.set(each.key, Node());
  }
  return out;
}

Node node_of(const FieldChanges& changes) {
  Node out = Node::sequence();
  for (const FieldChange& change : changes) {
    Node one = Node::map().set("path", Node::strings(change.path));
    if (change.before) one.set("before", *change.before);
    if (change.made > 0) one.set("made", static_cast<std::int64_t>(change.made));
    out.push(std::move(one));
  }
  return out;
}

base::Result<FieldChanges> changes_of(const Node& node) {
  FieldChanges out;
  for (const Node& item : node.items()) {
    FieldChange change;
    change.path = item["path"].as_strings();
    if (change.path.empty()) {
      return base::fail(base::Code::InvalidArgument, "a changed field without a path");
    }
    if (const Node* before = item.find("before")) change.before = *before;
    change.made = static_cast<std::size_t>(item["made"].as_int());
    out.push_back(std::move(change));
  }
  return out;
}

}  // namespace cluster
