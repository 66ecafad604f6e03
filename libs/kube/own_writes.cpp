#include "kube/own_writes.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace kube {

namespace {
bool is_number(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}
std::string_view without_zeros(std::string_view text) {
  const std::size_t first = text.find_first_not_of('0');
  return first == std::string_view::npos ? "" : text.substr(first);
}
}  // namespace

int compare_versions(std::string_view a, std::string_view b) {
  if (!is_number(a) || !is_number(b)) return a == b ? 0 : 1;
  const std::string_view x = without_zeros(a), y = without_zeros(b);
  if (x.size() != y.size()) return x.size() < y.size() ? -1 : 1;
  const int order = x.compare(y);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

void OwnWrites::wrote(const Key& key, std::string_view based_on, std::string version,
                      base::TimePoint now) {
  const auto [found, is_new] = written_.try_emplace(key);
  Written& written = found->second;
  if (is_new) written.based_on = based_on;
  written.until = now + patience_;
  // Answers may overtake each other.
  auto at = written.versions.end();
  while (at != written.versions.begin() && compare_versions(version, *std::prev(at)) < 0) --at;
  written.versions.insert(at, std::move(version));
}

OwnWrites::Sight OwnWrites::saw(const Key& key, std::string_view version) {
  const auto found = written_.find(key);
  if (found == written_.end()) return Sight::News;
  Written& written = found->second;
  const int order = compare_versions(version, written.versions.back());
  if (order >= 0) {
    const bool others = written.others || order > 0;
    written_.erase(found);
    return others ? Sight::News : Sight::Echo;
  }
  const bool ours =
      std::any_of(written.versions.begin(), written.versions.end(),
                  [&](const std::string& own) { return compare_versions(version, own) == 0; });
  const bool known = !written.based_on.empty() && compare_versions(version, written.based_on) <= 0;
  written.others |= !ours && !known;
  return Sight::Older;
}

OwnWrites::Readiness OwnWrites::may_reconcile(const Key& key, base::TimePoint now) const {
  const auto found = written_.find(key);
  if (found == written_.end()) return {};
  if (now >= found->second.until) return {Ready::ReadLive, {}};
  return {Ready::Wait, found->second.until};
}

}  // namespace kube
