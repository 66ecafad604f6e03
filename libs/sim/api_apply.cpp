#include "sim/api_apply.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/api_patch.h"

namespace sim {
namespace {

using api::Node;
using Path = std::vector<std::string>;
using Fields = std::map<Path, Node>;

bool is_identity(const Path& path) {
  if (path.size() == 1) return path[0] == "apiVersion" || path[0] == "kind";
  if (path.size() != 2 || path[0] != "metadata") return false;
  return path[1] == "name" || path[1] == "namespace" || path[1] == "uid" ||
         path[1] == "resourceVersion";
}

void collect(const Node& node, Path& path, Fields& out) {
  if (node.is_map() && node.size() > 0) {
    for (const api::Entry& entry : node.entries()) {
      path.push_back(entry.key);
      collect(entry.value, path, out);
      path.pop_back();
    }
  } else if (!is_identity(path)) {
    out.emplace(path, node);
  }
}

/// What becomes empty by it goes too.
void take_out(Node& object, const Path& path, std::size_t depth = 0) {
  if (depth + 1 == path.size()) {
    object.erase(path[depth]);
    return;
  }
  Node* inner = object.find(path[depth]);
  if (inner == nullptr) return;
  take_out(*inner, path, depth + 1);
  if (inner->is_map() && inner->size() == 0) object.erase(path[depth]);
}

const Node* at(const Node& object, const Path& path) {
  const Node* out = &object;
  for (const std::string& each : path) {
    out = out->find(each);
    if (out == nullptr) return nullptr;
  }
  return out;
}

}  // namespace

ApiAppliers::Applied ApiAppliers::apply(Node object, const Node& wanted, const std::string& manager,
                                        bool force) {
  Fields mine;
  Path path;
  collect(wanted, path, mine);
  for (auto& [other, fields] : fields_) {
    if (other == manager) continue;
    for (const auto& [field, value] : mine) {
      const Node* now = at(object, field);
      if (!fields.contains(field) || (now != nullptr && *now == value)) continue;
      if (!force) {
        return {std::move(object),
                fmt::format("conflict with \"{}\": .{}", other, fmt::join(field, "."))};
      }
      fields.erase(field);
    }
  }
  const auto belongs_to_another = [&](const Path& field) {
    return std::any_of(fields_.begin(), fields_.end(), [&](const auto& each) {
      return each.first != manager && each.second.contains(field);
    });
  };
  for (const auto& [field, value] : fields_[manager]) {
    const Node* now = at(object, field);
    const bool theirs = now == nullptr || !(*now == value) || belongs_to_another(field);
    if (!mine.contains(field) && !theirs) take_out(object, field);
  }
  fields_[manager] = std::move(mine);
  return {merged(std::move(object), wanted), ""};
}

}  // namespace sim
