#include "alert/operation_name.h"

#include <algorithm>

namespace alert {

namespace {

constexpr std::size_t kCharactersMost = 64;
constexpr std::string_view kId = "{id}";

bool digit(char c) {
  return c >= '0' && c <= '9';
}
bool hexadecimal(char c) {
  return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool separator(char c) {
  return c == '.' || c == ':' || c == '/' || c == '-';
}

bool names_one_thing(std::string_view word) {
  const auto digits = std::count_if(word.begin(), word.end(), digit);
  if (digits == 0) return false;
  if (static_cast<std::size_t>(digits) == word.size()) return true;
  return word.size() >= 4 && std::all_of(word.begin(), word.end(), hexadecimal);
}

void append_word(std::string& out, std::string_view word) {
  if (!names_one_thing(word)) {
    out += word;
    return;
  }
  // "{id}-" and another one: a UUID is five words and one thing.
  const bool follows = out.size() > kId.size() && !out.ends_with(kId) &&
                       std::string_view(out).substr(0, out.size() - 1).ends_with(kId);
  if (follows) {
    out.pop_back();
  } else {
    out += kId;
  }
}

}  // namespace

std::string operation_label(std::string_view name) {
  std::string out;
  // Four times what may stay is looked at: words that are taken out leave room for others.
  name = name.substr(0, 4 * kCharactersMost);
  while (!name.empty()) {
    const auto end =
        std::find_if_not(name.begin(), name.end(), [](char c) { return letter(c) || digit(c); });
    const auto length = static_cast<std::size_t>(end - name.begin());
    append_word(out, name.substr(0, length));
    if (length < name.size()) out += separator(name[length]) ? name[length] : '_';
    name.remove_prefix(std::min(length + 1, name.size()));
  }
  if (out.size() > kCharactersMost) out.resize(kCharactersMost);
  return out.empty() ? "unnamed" : out;
}

}  // namespace alert
