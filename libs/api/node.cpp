#include "api/node.h"

#include <algorithm>

#include "base/check.h"

namespace api {
namespace {

template <class T>
const T& value_or_empty(const T* value) {
  static const T kEmpty{};
  return value ? *value : kEmpty;
}

}  // namespace

Node Node::sequence() {
  return sequence(Sequence{});
}

Node Node::sequence(Sequence items) {
  Node out;
  out.value_ = std::move(items);
  return out;
}

Node Node::map() {
  return map(Map{});
}

Node Node::map(Map entries) {
  Node out;
  out.value_ = std::move(entries);
  return out;
}

Node Node::strings(const std::vector<std::string>& items) {
  return sequence(Sequence(items.begin(), items.end()));
}

const char* Node::kind() const {
  static constexpr const char* kNames[] = {"null",   "boolean", "integer", "number",
                                           "string", "list",    "map"};
  return kNames[value_.index()];
}

bool Node::as_bool(bool otherwise) const {
  const bool* value = std::get_if<bool>(&value_);
  return value ? *value : otherwise;
}

std::int64_t Node::as_int(std::int64_t otherwise) const {
  const std::int64_t* value = std::get_if<std::int64_t>(&value_);
  return value ? *value : otherwise;
}

double Node::as_double(double otherwise) const {
  if (is_int()) return static_cast<double>(as_int());
  const double* value = std::get_if<double>(&value_);
  return value ? *value : otherwise;
}

const std::string& Node::as_string() const {
  return value_or_empty(std::get_if<std::string>(&value_));
}

std::vector<std::string> Node::as_strings() const {
  std::vector<std::string> out;
  for (const Node& item : items()) {
    if (item.is_string()) out.push_back(item.as_string());
  }
  return out;
}

const Node::Sequence& Node::items() const {
  return value_or_empty(std::get_if<Sequence>(&value_));
}

const Node::Map& Node::entries() const {
  return value_or_empty(std::get_if<Map>(&value_));
}

Node::Sequence& Node::items() {
  if (is_null()) value_ = Sequence{};
  CHECK(is_sequence());
  return std::get<Sequence>(value_);
}

Node::Map& Node::entries() {
  if (is_null()) value_ = Map{};
  CHECK(is_map());
  return std::get<Map>(value_);
}

const Node* Node::find(std::string_view key) const {
  const Map& all = entries();
  const auto found =
      std::find_if(all.begin(), all.end(), [key](const Entry& entry) { return entry.key == key; });
  return found == all.end() ? nullptr : &found->value;
}

Node* Node::find(std::string_view key) {
  return const_cast<Node*>(std::as_const(*this).find(key));
}

const Node& Node::operator[](std::string_view key) const {
  static const Node kNull;
  const Node* found = find(key);
  return found ? *found : kNull;
}

Node& Node::set(std::string_view key, Node value) {
  if (Node* found = find(key)) {
    *found = std::move(value);
  } else {
    const Mark at = value.mark;
    entries().push_back({std::string(key), std::move(value), at});
  }
  return *this;
}

Node& Node::erase(std::string_view key) {
  if (is_map()) std::erase_if(entries(), [key](const Entry& entry) { return entry.key == key; });
  return *this;
}

Node& Node::push(Node item) {
  items().push_back(std::move(item));
  return *this;
}

std::size_t Node::size() const {
  return is_map() ? entries().size() : items().size();
}

bool Node::operator==(const Node& other) const {
  return value_ == other.value_;
}

}  // namespace api
