#include "report/markup.h"

#include <cstdint>

namespace report {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

/// The length of the well-formed UTF-8 sequence at the front, 0 when it is not one.
/// Source: Unicode 15, table 3-7.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0};
  };
  const auto tail = [&](std::size_t i) { return byte(i) >= 0x80 && byte(i) <= 0xbf; };
  const std::uint8_t first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return tail(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const std::uint8_t low = first == 0xe0 ? 0xa0 : 0x80, high = first == 0xed ? 0x9f : 0xbf;
    return second >= low && second <= high && tail(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const std::uint8_t low = first == 0xf0 ? 0x90 : 0x80, high = first == 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

bool is_forbidden(std::string_view sequence) {
  if (sequence.size() == 1) {
    const char c = sequence[0];
    return (c >= 0 && c < ' ' && c != '\n') || c == 0x7f;
  }
  // C1 controls, and the two non-characters that XML refuses.
  return (sequence.size() == 2 && sequence[0] == '\xc2' && sequence[1] < '\xa0') ||
         sequence == "\xef\xbf\xbe" || sequence == "\xef\xbf\xbf";
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const std::string_view sequence = text.substr(0, length == 0 ? 1 : length);
    if (sequence == "\t") {
      out += ' ';
    } else {
      out += length == 0 || is_forbidden(sequence) ? kReplacement : sequence;
    }
    text.remove_prefix(sequence.size());
  }
  return out;
}

Html escape(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return {out};
}

Html element(std::string_view name, std::string_view css_class, const Html& content) {
  if (css_class.empty()) return {fmt::format("<{0}>{1}</{0}>", name, content)};
  return {fmt::format("<{0} class=\"{1}\">{2}</{0}>", name, css_class, content)};
}

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::row(std::initializer_list<Html> cells) {
  body_ += "<tr>";
  std::size_t i = 0;
  for (const Html& cell : cells) {
    const Column& column = columns_.at(i++);
    body_ += fmt::format("<td data-label=\"{}\"{}>{}</td>", escape(column.title),
                         column.numeric ? " class=\"n\"" : "", cell);
  }
  body_ += "</tr>\n";
  ++rows_;
}

Html Table::html() const {
  std::string head;
  for (const Column& column : columns_) {
    head += fmt::format("<th scope=\"col\"{}>{}</th>", column.numeric ? " class=\"n\"" : "",
                        escape(column.title));
  }
  return {fmt::format(
      "<div class=\"scroll\"><table><thead><tr>{}</tr></thead>\n<tbody>{}</tbody></table>"
      "</div>\n",
      head, body_)};
}

}  // namespace report
