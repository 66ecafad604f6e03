// JSON in by nlohmann's event interface (its tree keeps duplicate keys silently and would lose the
// difference between limits and syntax), JSON out by a writer of our own (its dump() throws on text
// that is no UTF-8, which a log line or a server's message may well be).
#include <cmath>
#include <limits>
#include <unordered_set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/node.h"
#include "api/text.h"

namespace api {
namespace {

constexpr std::size_t kBytesMax = 64'000'000;
constexpr std::size_t kDepthMax = 64;

/// Builds the tree; the first refusal ends the parse and stays in `error`.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return add(Node()); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(std::int64_t{value}); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max())) {
      return refuse(fmt::format("the integer {} does not fit into 64 bits", value));
    }
    return add(static_cast<std::int64_t>(value));
  }
  bool number_float(number_float_t value, const string_t& text) override {
    if (text.find_first_of(".eE") == string_t::npos) {
      return refuse(fmt::format("the integer {} does not fit into 64 bits", brief(text)));
    }
    return add(value);
  }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return refuse("binary data is no JSON"); }
  bool start_object(std::size_t /*size*/) override { return open(Node::map()); }
  bool start_array(std::size_t /*size*/) override { return open(Node::sequence()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& value) override {
    Level& level = levels_.back();
    if (!level.keys.insert(value).second) {
      return refuse(fmt::format("the key '{}' stands there twice", brief(value)));
    }
    level.key = std::move(value);
    return true;
  }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::json::exception& problem) override {
    const std::string what = problem.what();
    const std::size_t at = what.find(" at line ");
    return refuse(at == std::string::npos ? what : what.substr(at + 4));
  }

  Node root;
  std::string error;

 private:
  struct Level {
    Node node;
    std::string key;
    std::unordered_set<std::string> keys;
  };

  bool refuse(std::string why) {
    error = std::move(why);
    return false;
  }
  bool add(Node value) {
    if (levels_.empty()) {
      root = std::move(value);
      return true;
    }
    Level& level = levels_.back();
    if (level.node.is_map()) {
      level.node.entries().push_back(Entry{std::move(level.key), std::move(value), {}});
    } else {
      level.node.items().push_back(std::move(value));
    }
    return true;
  }
  bool open(Node node) {
    if (levels_.size() >= kDepthMax) {
      return refuse(fmt::format("nested deeper than {} levels", kDepthMax));
    }
    levels_.push_back({std::move(node), {}, {}});
    return true;
  }
  bool close() {
    Node node = std::move(levels_.back().node);
    levels_.pop_back();
    return add(std::move(node));
  }

  std::vector<Level> levels_;
};

void append_double(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  const std::string text = fmt::format("{}", value);
  out += text;
  if (text.find_first_of(".e") == std::string::npos) out += ".0";
}

class Writer {
 public:
  explicit Writer(int indent) : indent_(indent) {}

  void write(const Node& node) {
    if (node.is_map()) {
      write_map(node);
    } else if (node.is_sequence()) {
      write_sequence(node);
    } else if (node.is_string()) {
      append_quoted(out, node.as_string());
    } else if (node.is_double()) {
      append_double(out, node.as_double());
    } else if (node.is_int()) {
      out += std::to_string(node.as_int());
    } else {
      out += node.is_null() ? "null" : node.as_bool() ? "true" : "false";
    }
  }

  std::string out;

 private:
  void break_line() {
    if (indent_ < 0) return;
    out += '\n';
    out.append(static_cast<std::size_t>(indent_) * level_, ' ');
  }
  void write_map(const Node& node) {
    out += '{';
    ++level_;
    bool first = true;
    for (const Entry& entry : node.entries()) {
      if (!first) out += ',';
      first = false;
      break_line();
      append_quoted(out, entry.key);
      out += indent_ < 0 ? ":" : ": ";
      write(entry.value);
    }
    --level_;
    if (!first) break_line();
    out += '}';
  }
  void write_sequence(const Node& node) {
    out += '[';
    ++level_;
    bool first = true;
    for (const Node& item : node.items()) {
      if (!first) out += ',';
      first = false;
      break_line();
      write(item);
    }
    --level_;
    if (!first) break_line();
    out += ']';
  }

  int indent_;
  std::size_t level_ = 0;
};

}  // namespace

base::Result<Node> parse_json(std::string_view text) {
  if (text.size() > kBytesMax) {
    return base::fail(
        base::Code::InvalidArgument,
        fmt::format("{} bytes of JSON: at most {} are allowed", text.size(), kBytesMax));
  }
  Builder builder;
  try {
    if (nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) {
      return std::move(builder.root);
    }
  } catch (const std::exception& problem) {
    builder.error = problem.what();
  }
  return base::fail(base::Code::InvalidArgument, "JSON: " + builder.error);
}

std::string to_json(const Node& node, int indent) {
  Writer writer(indent);
  writer.write(node);
  return std::move(writer.out);
}

}  // namespace api
