#include "api/sorted.h"

#include <algorithm>
#include <utility>

namespace api {

Node sorted(const Node& node) {
  if (node.is_sequence()) {
    Node out = Node::sequence();
    for (const Node& item : node.items()) out.push(sorted(item));
    return out;
  }
  if (!node.is_map()) return node;
  Node::Map entries = node.entries();
  for (Entry& entry : entries) entry.value = sorted(entry.value);
  std::ranges::sort(entries, {}, &Entry::key);
  return Node::map(std::move(entries));
}

}  // namespace api
