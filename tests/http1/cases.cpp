#include "cases.h"

#include <fstream>
#include <string_view>

namespace http1 {
namespace {

/// {A*3} is AAA.
std::string repeat(const std::string& text) {
  std::string out;
  std::size_t at = 0;
  for (std::size_t open = 0; (open = text.find('{', at)) != std::string::npos;) {
    const std::size_t close = text.find('}', open);
    const std::size_t star = text.rfind('*', close);
    out += text.substr(at, open - at);
    for (int times = std::stoi(text.substr(star + 1)); times > 0; --times) {
      out += text.substr(open + 1, star - open - 1);
    }
    at = close + 1;
  }
  return out + text.substr(at);
}

std::string unescape(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    switch (const char mark = text[++i]) {
      case 'r': out += '\r'; break;
      case 'n': out += '\n'; break;
      case 't': out += '\t'; break;
      case 'x':
        out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
        i += 2;
        break;
      default: out += mark;
    }
  }
  return out;
}

bool take(const std::string& line, std::string_view key, std::string& value) {
  if (!line.starts_with(key)) return false;
  value = line.substr(key.size());
  return true;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Case& one) {
  return out << one.name << " (RFC " << one.rfc << ")";
}

std::vector<Case> read_cases() {
  std::ifstream in(MUSTER_SOURCE_DIR "/tests/http1/requests.txt");
  std::vector<Case> cases;
  std::string raw;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    std::string name;
    if (take(line, "case: ", name)) {
      cases.push_back({name, {}, {}, {}});
      continue;
    }
    if (cases.empty()) return {};
    Case& last = cases.back();
    if (take(line, "send: ", raw)) {
      last.bytes = unescape(repeat(raw));
    } else if (!take(line, "rfc:  ", last.rfc) && !take(line, "want: ", last.want)) {
      return {};
    }
  }
  return cases;
}

}  // namespace http1
