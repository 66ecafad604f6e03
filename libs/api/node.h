// The tree type of everything that is read or written as text: YAML in, JSON in and out.
// Third-party trees (yaml-cpp, nlohmann) stay inside .cpp files of this folder. Nodes and keys know
// where they stood in the text, so that every complaint can name its line. Maps keep their order
// and never hold a key twice.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace api {

/// A place in a text, counted from 1; 0: made by a program.
struct Mark {
  int line = 0;
  int column = 0;
  bool operator==(const Mark&) const = default;
};

class Node;

struct Entry;  // of a map: key, where the key stood, value

class Node {
 public:
  using Sequence = std::vector<Node>;
  using Map = std::vector<Entry>;

  Node() = default;  // null
  // Implicit, because literals read well in trees; defined below, where Entry is complete.
  Node(bool value);          // NOLINT(google-explicit-constructor)
  Node(std::int64_t value);  // NOLINT(google-explicit-constructor)
  Node(int value);           // NOLINT(google-explicit-constructor)
  Node(double value);        // NOLINT(google-explicit-constructor)
  Node(std::string value);   // NOLINT(google-explicit-constructor)
  Node(const char* value);   // NOLINT(google-explicit-constructor)
  static Node sequence();
  static Node sequence(Sequence items);
  static Node map();
  static Node map(Map entries);
  static Node strings(const std::vector<std::string>& items);

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_int() const { return std::holds_alternative<std::int64_t>(value_); }
  bool is_double() const { return std::holds_alternative<double>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_sequence() const { return std::holds_alternative<Sequence>(value_); }
  bool is_map() const { return std::holds_alternative<Map>(value_); }
  /// "null", "boolean", "integer", "number", "string", "list", "map": for messages.
  const char* kind() const;

  // The value, or the fallback when it is of another type: for input that was validated before.
  bool as_bool(bool otherwise = false) const;
  std::int64_t as_int(std::int64_t otherwise = 0) const;
  double as_double(double otherwise = 0) const;  // takes integers too
  const std::string& as_string() const;          // another type: the empty string
  std::vector<std::string> as_strings() const;   // string items of a sequence
  const Sequence& items() const;                 // not a sequence: empty
  const Map& entries() const;                    // not a map: empty
  Sequence& items();                             // makes a null a sequence; CHECKs else
  Map& entries();                                // makes a null a map; CHECKs else

  /// The value under a key; nullptr: not a map or no such key.
  const Node* find(std::string_view key) const;
  Node* find(std::string_view key);
  /// The value under a key, a null Node when there is none: plan["a"]["b"].as_int().
  const Node& operator[](std::string_view key) const;
  bool has(std::string_view key) const { return find(key) != nullptr; }
  /// Sets or adds a key; returns *this so that maps can be chained.
  Node& set(std::string_view key, Node value);
  Node& erase(std::string_view key);
  Node& push(Node item);
  std::size_t size() const;

  Mark mark;
  /// Equality of values; marks do not count.
  bool operator==(const Node& other) const;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Sequence, Map> value_;
};

struct Entry {
  std::string key;
  Node value;
  Mark mark;
  bool operator==(const Entry& other) const { return key == other.key && value == other.value; }
};

inline Node::Node(bool value) : value_(value) {}
inline Node::Node(std::int64_t value) : value_(value) {}
inline Node::Node(int value) : value_(std::int64_t{value}) {}
inline Node::Node(double value) : value_(value) {}
inline Node::Node(std::string value) : value_(std::move(value)) {}
inline Node::Node(const char* value) : value_(std::string(value)) {}

/// Errors: InvalidArgument with line and column: not JSON, a key twice, too deep (64), too large
/// (64 MB).
base::Result<Node> parse_json(std::string_view text);
/// indent < 0: one line.
std::string to_json(const Node& node, int indent = -1);
/// Block YAML with every string double-quoted, which every YAML version reads the same.
std::string to_yaml(const Node& node);

}  // namespace api
