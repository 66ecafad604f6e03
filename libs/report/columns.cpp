#include "report/columns.h"

#include <algorithm>
#include <numeric>

#include "report/markup.h"

namespace report {
namespace {

constexpr int kIndent = 2;
constexpr int kBetween = 2;
constexpr int kLeastWidth = 5;  // a column is not cut further than this

const char* code(Color color) {
  switch (color) {
    case Color::None: return "";
    case Color::Green: return "\x1b[32m";
    case Color::Red: return "\x1b[31m";
    case Color::Yellow: return "\x1b[33m";
    case Color::Magenta: return "\x1b[35m";
    case Color::Dim: return "\x1b[2m";
    case Color::Bold: return "\x1b[1m";
  }
  return "";
}

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
}

std::string padding(int count) {
  return std::string(static_cast<std::size_t>(std::max(count, 0)), ' ');
}

/// Cuts the first `columns` characters off the text and returns them.
std::string take_columns(std::string& text, int columns) {
  std::size_t end = 0;
  for (int used = 0; end < text.size(); ++end) {
    if (begins_character(text[end]) && ++used > columns) break;
  }
  std::string head = text.substr(0, end);
  text.erase(0, end);
  return head;
}

}  // namespace

Color color_of(drill::Verdict verdict) {
  switch (verdict) {
    case drill::Verdict::Met: return Color::Green;
    case drill::Verdict::Inconclusive: return Color::Yellow;
    case drill::Verdict::Missed: return Color::Red;
    case drill::Verdict::Invalid: return Color::Magenta;
  }
  return Color::None;
}

Color color_of(const std::optional<drill::Verdict>& verdict) {
  return verdict ? color_of(*verdict) : Color::None;
}

std::string painted(std::string_view text, Color color, bool use_color) {
  if (!use_color || color == Color::None || text.empty()) return std::string(text);
  return code(color) + std::string(text) + "\x1b[0m";
}

std::string one_line(std::string_view text) {
  std::string out = printable(text);
  std::ranges::replace(out, '\n', ' ');
  return out;
}

int width_of(std::string_view text) {
  return static_cast<int>(std::ranges::count_if(text, begins_character));
}

std::string fit(std::string_view text, int columns) {
  if (width_of(text) <= columns) return std::string(text);
  std::string out;
  int used = 0;
  for (const char c : text) {
    if (begins_character(c) && ++used >= columns) break;
    out += c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out + "…";
}

std::string wrapped(std::string_view text, int columns, int indent) {
  const std::string clean = one_line(text);
  const int room = std::max(columns - indent, 20);
  std::string out, line;
  const auto end_line = [&] {
    out += padding(indent) + line + "\n";
    line.clear();
  };
  for (std::size_t at = 0; at < clean.size();) {
    const std::size_t end = std::min(clean.find(' ', at), clean.size());
    std::string word = clean.substr(at, end - at);
    at = end + 1;
    if (!line.empty() && width_of(line) + 1 + width_of(word) > room) end_line();
    for (; width_of(word) > room; end_line()) line = take_columns(word, room);
    line += (line.empty() ? "" : " ") + word;
  }
  end_line();
  return out;
}

Columns::Columns(std::vector<std::string> titles) : titles_(std::move(titles)) {
  for (std::string& title : titles_) {
    right_.push_back(title.starts_with('>'));
    whole_.push_back(title.starts_with('='));
    if (right_.back() || whole_.back()) title.erase(0, 1);
  }
}

void Columns::row(std::vector<Cell> cells) {
  cells.resize(titles_.size());
  for (Cell& cell : cells) cell.text = one_line(cell.text);
  rows_.push_back(std::move(cells));
}

std::vector<int> Columns::widths(int columns) const {
  std::vector<int> out;
  for (std::size_t i = 0; i < titles_.size(); ++i) {
    int widest = width_of(titles_[i]);
    for (const auto& row : rows_) widest = std::max(widest, width_of(row[i].text));
    out.push_back(widest);
  }
  const int room = columns - kIndent - kBetween * static_cast<int>(out.size() - 1);
  int excess = std::accumulate(out.begin(), out.end(), 0) - room;
  const auto can_give = [&](std::size_t i) { return !whole_[i] && out[i] > kLeastWidth; };
  for (; excess > 0; --excess) {
    std::size_t widest = 0;
    for (std::size_t i = 1; i < out.size(); ++i) {
      if (can_give(i) && (!can_give(widest) || out[i] > out[widest])) widest = i;
    }
    if (!can_give(widest)) break;
    --out[widest];
  }
  return out;
}

std::string Columns::text(int columns, bool use_color) const {
  const std::vector<int> wide = widths(columns);
  std::string out;
  const auto line = [&](const std::vector<Cell>& cells) {
    std::string text = padding(kIndent);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string shown = fit(cells[i].text, wide[i]);
      const std::string gap = padding(wide[i] - width_of(shown));
      if (right_[i]) text += gap;
      text += painted(shown, cells[i].color, use_color);
      if (!right_[i] && i + 1 < cells.size()) text += gap;
      if (i + 1 < cells.size()) text += padding(kBetween);
    }
    while (!text.empty() && text.back() == ' ') text.pop_back();
    out += text + "\n";
  };
  std::vector<Cell> head;
  for (const std::string& title : titles_) head.push_back({title, Color::Dim});
  line(head);
  for (const auto& row : rows_) line(row);
  return out;
}

}  // namespace report
