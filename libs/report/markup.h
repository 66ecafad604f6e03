// Markup that cannot be confused with text: whatever comes from a drill is a string and becomes
// Html only through escape(), which also replaces what neither HTML nor XML 1.0 may carry (control
// characters, bytes that are not UTF-8). Markup of our own is written as Html literals.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace report {

struct Html {
  std::string text;
  Html& operator+=(const Html& other) {
    text += other.text;
    return *this;
  }
};

/// Text as markup, safe in element content and in quoted attributes of HTML and XML.
Html escape(std::string_view text);
/// The text with invalid UTF-8 and control characters (but newline) replaced by U+FFFD.
std::string printable(std::string_view text);

/// `<name class="…">content</name>`; the class is left out when empty.
Html element(std::string_view name, std::string_view css_class, const Html& content);

/// A table that turns into labelled cards on a narrow screen.
class Table {
 public:
  struct Column {
    std::string title;
    bool numeric = false;
  };
  explicit Table(std::vector<Column> columns);
  void row(std::initializer_list<Html> cells);
  bool has_rows() const { return rows_ > 0; }
  Html html() const;

 private:
  std::vector<Column> columns_;
  std::string body_;
  int rows_ = 0;
};

}  // namespace report

template <>
struct fmt::formatter<report::Html> : fmt::formatter<std::string> {
  template <class Context>
  auto format(const report::Html& html, Context& context) const {
    return fmt::formatter<std::string>::format(html.text, context);
  }
};
