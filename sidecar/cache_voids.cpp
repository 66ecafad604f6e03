#include "sidecar/cache_voids.h"

#include <algorithm>

#include "limit/pattern.h"

namespace sidecar {
namespace {

constexpr char kPattern = 'p';
constexpr char kUri = 'u';

}  // namespace

std::string to_text(const CacheVoid& what) {
  return (what.pattern ? kPattern : kUri) + what.text;
}

CacheVoid void_of(std::string_view text) {
  if (text.size() > 1 && (text.front() == kPattern || text.front() == kUri)) {
    return {text.front() == kPattern, std::string(text.substr(1))};
  }
  return {true, "*"};
}

bool covers(const CacheVoid& what, std::string_view uri, std::string_view path) {
  return what.pattern ? limit::matches(what.text, path) : what.text == uri;
}

void CacheVoids::add(const CacheVoid& what, std::uint64_t number) {
  std::uint64_t& kept = numbers_[what];
  kept = std::max(kept, number);
  if (numbers_.size() <= kMost) return;
  const auto oldest = std::ranges::min_element(
      numbers_, [](const auto& a, const auto& b) { return a.second < b.second; });
  forget(oldest->second);
}

void CacheVoids::forget(std::uint64_t number) {
  forgotten_ = std::max(forgotten_, number);
  std::erase_if(numbers_, [this](const auto& each) { return each.second <= forgotten_; });
}

bool CacheVoids::cover(std::uint64_t known, const std::string& uri, std::string_view path) const {
  if (known < forgotten_) return true;
  // URIs come after each other in the map and are found; patterns, which people write, are few.
  const auto exact = numbers_.find({false, uri});
  if (exact != numbers_.end() && exact->second > known) return true;
  return std::any_of(numbers_.lower_bound({true, ""}), numbers_.end(), [&](const auto& each) {
    return each.second > known && limit::matches(each.first.text, path);
  });
}

}  // namespace sidecar
