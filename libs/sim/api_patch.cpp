#include "sim/api_patch.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace sim {
namespace {

using api::Node;

std::string unescaped(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const bool escape = token[i] == '~' && i + 1 < token.size();
    out += escape ? (token[++i] == '1' ? '/' : '~') : token[i];
  }
  return out;
}

std::vector<std::string> tokens_of(std::string_view path) {
  std::vector<std::string> out;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = path.find('/');
    out.push_back(unescaped(path.substr(0, end)));
    path = end == std::string_view::npos ? std::string_view() : path.substr(end);
  }
  return out;
}

base::Result<> apply_one(Node& object, const Node& operation) {
  const std::string& op = operation["op"].as_string();
  const std::string& path = operation["path"].as_string();
  const std::vector<std::string> tokens = tokens_of(path);
  Node* parent = &object;
  for (std::size_t i = 0; i + 1 < tokens.size() && parent != nullptr; ++i) {
    parent = parent->find(tokens[i]);
  }
  const bool there = parent != nullptr && parent->is_map() && !tokens.empty();
  const Node* value = there ? parent->find(tokens.back()) : nullptr;
  if (op == "test") {
    if (value != nullptr && *value == operation["value"]) return {};
    return base::fail(base::Code::FailedPrecondition,
                      fmt::format("testing path {} failed: test failed", path));
  }
  // A replacement of what is not there adds it, other than RFC 6902 has it: servers do so.
  const bool known = op == "add" || op == "replace" || op == "remove";
  if (!there || !known || (op == "remove" && value == nullptr)) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("{} of {} is not possible", op, path));
  }
  if (op == "remove") {
    parent->erase(tokens.back());
  } else {
    parent->set(tokens.back(), operation["value"]);
  }
  return {};
}

}  // namespace

Node merged(Node object, const Node& patch) {
  if (!patch.is_map()) return patch;
  if (!object.is_map()) object = Node::map();
  for (const api::Entry& entry : patch.entries()) {
    if (entry.value.is_null()) {
      object.erase(entry.key);
    } else if (entry.value.is_map()) {
      Node* inner = object.find(entry.key);
      object.set(entry.key, merged(inner == nullptr ? Node() : std::move(*inner), entry.value));
    } else {
      object.set(entry.key, entry.value);
    }
  }
  return object;
}

base::Result<Node> json_patched(Node object, const Node& operations) {
  for (const Node& operation : operations.items()) TRY(apply_one(object, operation));
  return object;
}

}  // namespace sim
