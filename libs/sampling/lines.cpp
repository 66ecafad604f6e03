#include "sampling/lines.h"

#include <algorithm>
#include <charconv>

namespace sampling {

namespace {
constexpr std::size_t kQuotedMax = 40;

bool is_space(char c) {
  return c == ' ' || c == '\t';
}

/// What a complaint may show of a file that could hold anything.
std::string quoted(std::string_view word) {
  std::string out(word.substr(0, kQuotedMax));
  std::replace_if(out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return "'" + out + "'";
}
}  // namespace

bool Lines::next() {
  while (!rest_.empty()) {
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    line_ = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++number_;
    if (!line_.empty()) return true;
  }
  line_ = {};
  return false;
}

std::string_view Lines::word() {
  std::size_t from = 0;
  while (from < line_.size() && is_space(line_[from])) ++from;
  std::size_t end = from;
  while (end < line_.size() && !is_space(line_[end])) ++end;
  const std::string_view found = line_.substr(from, end - from);
  line_.remove_prefix(end);
  return found;
}

base::Result<std::uint64_t> Lines::take_number() {
  return number_of(word());
}

base::Result<std::uint64_t> Lines::number_of(std::string_view word) const {
  std::uint64_t value = 0;
  const char* end = word.data() + word.size();
  const auto [at, error] = std::from_chars(word.data(), end, value);
  if (error != std::errc{} || at != end) return broken(word, "no number of 64 bits");
  return value;
}

tl::unexpected<base::Error> Lines::broken(std::string_view word, const char* what) const {
  return base::fail(base::Code::DataLoss, std::string(file_) + ":" + std::to_string(number_) +
                                              ": " + quoted(word) + ": " + what);
}

tl::unexpected<base::Error> Lines::lacking(const char* what) const {
  return base::fail(base::Code::DataLoss, std::string(file_) + ": " + what);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

Pair pair_of(std::string_view word) {
  const std::size_t at = word.find('=');
  if (at == std::string_view::npos) return {word, {}};
  return {word.substr(0, at), word.substr(at + 1)};
}

}  // namespace sampling
