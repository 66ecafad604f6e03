#include "api/node.h"

#include <algorithm>

#include "base/check.h"

namespace api {
namespace {

const Node& null_node() {
  static const Node node;
  return node;
}

}  // namespace

Node Node::sequence() {
  return sequence(Sequence{});
}

Node Node::sequence(Sequence items) {
  Node node;
  node.value_ = std::move(items);
  return node;
}

Node Node::map() {
  return map(Map{});
}

Node Node::map(Map entries) {
  Node node;
  node.value_ = std::move(entries);
  return node;
}

Node Node::strings(const std::vector<std::string>& items) {
  Node node = sequence();
  for (const std::string& item : items) node.push(item);
  return node;
}

const char* Node::kind() const {
  static constexpr const char* kNames[] = {"null",   "boolean", "integer", "number",
                                           "string", "list",    "map"};
  return kNames[value_.index()];
}

bool Node::as_bool(bool otherwise) const {
  const bool* value = std::get_if<bool>(&value_);
  return value != nullptr ? *value : otherwise;
}

std::int64_t Node::as_int(std::int64_t otherwise) const {
  const std::int64_t* value = std::get_if<std::int64_t>(&value_);
  return value != nullptr ? *value : otherwise;
}

double Node::as_double(double otherwise) const {
  if (const double* value = std::get_if<double>(&value_)) return *value;
  const std::int64_t* integer = std::get_if<std::int64_t>(&value_);
  return integer != nullptr ? static_cast<double>(*integer) : otherwise;
}

const std::string& Node::as_string() const {
  static const std::string empty;
  const std::string* value = std::get_if<std::string>(&value_);
  return value != nullptr ? *value : empty;
}

std::vector<std::string> Node::as_strings() const {
  std::vector<std::string> out;
  for (const Node& item : items()) {
    if (item.is_string()) out.push_back(item.as_string());
  }
  return out;
}

const Node::Sequence& Node::items() const {
  static const Sequence empty;
  const Sequence* value = std::get_if<Sequence>(&value_);
  return value != nullptr ? *value : empty;
}

const Node::Map& Node::entries() const {
  static const Map empty;
  const Map* value = std::get_if<Map>(&value_);
  return value != nullptr ? *value : empty;
}

Node::Sequence& Node::items() {
  if (is_null()) value_ = Sequence{};
  CHECK(is_sequence());
  return *std::get_if<Sequence>(&value_);
}

Node::Map& Node::entries() {
  if (is_null()) value_ = Map{};
  CHECK(is_map());
  return *std::get_if<Map>(&value_);
}

const Node* Node::find(std::string_view key) const {
  for (const Entry& entry : entries()) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

Node* Node::find(std::string_view key) {
  return const_cast<Node*>(std::as_const(*this).find(key));  // NOLINT: *this is not const here
}

const Node& Node::operator[](std::string_view key) const {
  const Node* found = find(key);
  return found != nullptr ? *found : null_node();
}

Node& Node::set(std::string_view key, Node value) {
  if (Node* found = find(key)) {
    *found = std::move(value);
  } else {
    entries().push_back(Entry{std::string(key), std::move(value), {}});
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

// The order of a map's keys says nothing: what a user writes in another order is the same plan.
bool Node::operator==(const Node& other) const {
  if (!is_map() || !other.is_map()) return value_ == other.value_;
  if (size() != other.size()) return false;
  return std::all_of(entries().begin(), entries().end(), [&other](const Entry& entry) {
    const Node* theirs = other.find(entry.key);
    return theirs != nullptr && entry.value == *theirs;
  });
}

}  // namespace api
