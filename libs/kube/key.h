// The name of one object among those of its kind.
#pragma once

#include <compare>
#include <cstddef>
#include <string>

namespace kube {

/// Which object; `space` is empty for one that is in no namespace.
struct Key {
  std::string space, name;
  auto operator<=>(const Key&) const = default;
};
/// "muster-system/nightly", "node1"
std::string to_string(const Key& key);

struct KeyHash {
  std::size_t operator()(const Key& key) const;
};

}  // namespace kube
