// Text in aligned columns for terminals: widths are counted in characters, not bytes, a column that
// is too wide for the screen is cut with an ellipsis, and colour never changes a width.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drill/report.h"

namespace report {

enum class Color { None, Green, Red, Yellow, Magenta, Dim, Bold };
Color color_of(drill::Verdict verdict);
Color color_of(const std::optional<drill::Verdict>& verdict);  // nothing: none
/// The text between the escape sequences of a colour, or as it is.
std::string painted(std::string_view text, Color color, bool use_color);

/// The text without control characters and line ends, which could steer a terminal.
std::string one_line(std::string_view text);
/// How many columns a text takes: code points of width one, which is what reports contain.
int width_of(std::string_view text);
/// At most `columns` wide, "…" in place of what is cut.
std::string fit(std::string_view text, int columns);
/// Words in lines of at most `columns`, each behind `indent` spaces.
std::string wrapped(std::string_view text, int columns, int indent);

struct Cell {
  std::string text;
  Color color = Color::None;
};

class Columns {
 public:
  /// A title that begins with '>' is a column aligned to the right, one with '=' is never cut.
  explicit Columns(std::vector<std::string> titles);
  void row(std::vector<Cell> cells);
  bool has_rows() const { return !rows_.empty(); }
  /// Lines behind two spaces, within `columns`; the widest columns give way first.
  std::string text(int columns, bool use_color) const;

 private:
  std::vector<int> widths(int columns) const;
  std::vector<std::string> titles_;
  std::vector<bool> right_;
  std::vector<bool> whole_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace report
