#include "kube/key.h"

#include <functional>

namespace kube {

std::string to_string(const Key& key) {
  return key.space.empty() ? key.name : key.space + "/" + key.name;
}

std::size_t KeyHash::operator()(const Key& key) const {
  const std::size_t space = std::hash<std::string>{}(key.space);
  return std::hash<std::string>{}(key.name) ^ (space * 0x9e3779b97f4a7c15U);
}

}  // namespace kube
