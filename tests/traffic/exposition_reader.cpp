#include "exposition_reader.h"

#include <charconv>
#include <set>

namespace traffic {
namespace {

bool name_character(char c, bool first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         (!first && c >= '0' && c <= '9');
}

/// One line under reading; the first thing that is wrong is kept.
class Line {
 public:
  explicit Line(std::string_view text) : rest_(text) {}

  std::string_view rest() const { return rest_; }
  const std::string& wrong() const { return wrong_; }
  void fail(const std::string& what) {
    if (wrong_.empty()) wrong_ = what;
  }
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  void expect(std::string_view text) {
    if (!take(text)) fail("expected '" + std::string(text) + "'");
  }
  std::string name() {
    std::size_t length = 0;
    while (length < rest_.size() && name_character(rest_[length], length == 0)) ++length;
    if (length == 0) fail("expected a name");
    return cut(length);
  }
  double number() {
    double value = 0;
    const auto done = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (done.ec != std::errc()) fail("expected a number");
    cut(static_cast<std::size_t>(done.ptr - rest_.data()));
    return value;
  }
  /// {name="value",...}; the values without their escapes.
  std::map<std::string, std::string> labels() {
    std::map<std::string, std::string> out;
    expect("{");
    while (wrong_.empty()) {
      const std::string label = name();
      expect("=\"");
      if (!out.emplace(label, value()).second) fail("label twice: " + label);
      if (take("}")) break;
      expect(",");
    }
    return out;
  }

 private:
  std::string cut(std::size_t length) {
    std::string out(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return out;
  }
  std::string value() {
    std::string out;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return out;
      if (c != '\\') {
        out += c;
      } else if (take("\\")) {
        out += '\\';
      } else if (take("\"")) {
        out += '"';
      } else if (take("n")) {
        out += '\n';
      } else {
        fail("an escape that is none");
      }
    }
    fail("a label without an end");
    return out;
  }

  std::string_view rest_;
  std::string wrong_;
};

class Reader {
 public:
  explicit Reader(bool open) : open_(open) {}

  ReadExposition read(std::string_view text) && {
    while (!text.empty() && out_.complaint.empty()) {
      const std::size_t end = text.find('\n');
      if (end == std::string_view::npos) return complain("the last line has no end", text);
      const std::string_view line = text.substr(0, end);
      text.remove_prefix(end + 1);
      if (open_ && line == "# EOF") {
        return text.empty() ? std::move(out_) : complain("text after # EOF", text);
      }
      Line reading(line);
      if (line.starts_with('#')) {
        comment(reading);
      } else {
        sample(reading, line);
      }
      if (!reading.wrong().empty()) return complain(reading.wrong(), line);
    }
    if (open_) return complain("no # EOF", text);
    return std::move(out_);
  }

 private:
  ReadExposition complain(const std::string& what, std::string_view line) {
    out_.complaint = what + ": " + std::string(line);
    return std::move(out_);
  }

  void comment(Line& line) {
    line.expect("# ");
    const std::string word = line.name();
    line.expect(" ");
    const std::string family = line.name();
    line.expect(" ");
    const std::string rest(line.rest());
    if (family != family_ && !families_.insert(family).second) line.fail("a family in two places");
    family_ = family;
    if (word == "TYPE") {
      if (!out_.types.emplace(family, rest).second) line.fail("two types");
    } else if (word == "UNIT" && open_) {
      if (!out_.units.emplace(family, rest).second) line.fail("two units");
      if (!family.ends_with("_" + rest)) line.fail("a unit that is not in the name");
    } else if (word != "HELP" || rest.empty()) {
      line.fail("a comment that is none");
    }
  }

  /// Whether a sample's name belongs to the family that was declared last.
  bool belongs(const std::string& name) const {
    const auto type = out_.types.find(family_);
    if (type == out_.types.end()) return false;
    if (type->second == "gauge") return name == family_;
    if (type->second == "counter") {
      return open_ ? name == family_ + "_total" : name == family_ && name.ends_with("_total");
    }
    if (type->second != "histogram") return false;
    return name == family_ + "_bucket" || name == family_ + "_sum" || name == family_ + "_count";
  }

  void sample(Line& line, std::string_view whole) {
    const std::string name = line.name();
    if (!belongs(name)) line.fail("a sample outside its family");
    std::map<std::string, std::string> labels;
    if (line.rest().starts_with('{')) labels = line.labels();
    const std::string key(whole.substr(0, whole.size() - line.rest().size()));
    line.expect(" ");
    const double value = line.number();
    if (!out_.values.emplace(key, value).second) line.fail("a sample twice");
    if (name.ends_with("_bucket")) bucket(line, labels, value);
    if (open_ && line.take(" # ")) exemplar(line, key, name);
    if (!line.rest().empty()) line.fail("something after the value");
  }

  void bucket(Line& line, const std::map<std::string, std::string>& labels, double value) {
    const auto bound = labels.find("le");
    if (bound == labels.end()) return line.fail("a bucket without le");
    std::string series;
    for (const auto& [label, text] : labels) {
      if (label != "le") series += label + "=" + text + ";";
    }
    const double le = bound->second == "+Inf" ? 1e308 : std::stod(bound->second);
    if (series == series_ && (le <= le_ || value < value_)) line.fail("buckets that do not grow");
    if (series != series_ && !series_.empty() && le_ < 1e308) line.fail("no +Inf before");
    series_ = series;
    le_ = le;
    value_ = value;
  }

  void exemplar(Line& line, const std::string& key, const std::string& name) {
    if (!name.ends_with("_bucket")) line.fail("an exemplar that may not be here");
    ReadExemplar read;
    read.trace_id = line.labels()["trace_id"];
    line.expect(" ");
    read.value = line.number();
    line.expect(" ");
    read.seconds = line.number();
    if (read.value > le_) line.fail("an exemplar outside its bucket");
    out_.exemplars[key] = read;
  }

  bool open_;
  ReadExposition out_;
  std::string family_, series_;
  std::set<std::string> families_;
  double le_ = 0, value_ = 0;
};

}  // namespace

ReadExposition read_exposition(std::string_view text, bool open) {
  return Reader(open).read(text);
}

}  // namespace traffic
