#include "sidecar/cache_store.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "http1/vary.h"
#include "limit/pattern.h"

namespace sidecar {
namespace {

/// What an entry takes beside its texts: nodes of the list, the map and the page.
constexpr std::size_t kOverhead = 256;

}  // namespace

std::string CacheStore::variant_of(const CacheKey& key, std::string_view vary,
                                   const http1::RequestHead& request) {
  return key.said + http1::vary_key(vary, request);
}

StoredPointer CacheStore::find(const CacheKey& key, const http1::RequestHead& request,
                               base::TimePoint* until) {
  const auto page = pages_.find(key.uri);
  if (page == pages_.end()) return nullptr;
  const std::string variant = variant_of(key, page->second.vary, request);
  for (const Place entry : page->second.entries) {
    if (entry->variant != variant) continue;
    entry->asked_for = true;
    if (until != nullptr) *until = entry->until;
    return entry->response;
  }
  return nullptr;
}

std::string_view CacheStore::vary_of(std::string_view uri) const {
  const auto page = pages_.find(uri);
  return page == pages_.end() ? std::string_view() : std::string_view(page->second.vary);
}

void CacheStore::put(const CacheKey& key, const http1::RequestHead& request, StoredPointer response,
                     base::TimePoint until) {
  std::string variant = variant_of(key, response->vary, request);
  const std::size_t bytes =
      response->bytes() + variant.size() + 2 * key.uri.size() + key.path.size() + kOverhead;
  if (const auto old = pages_.find(key.uri); old != pages_.end()) {
    Page& page = old->second;
    const auto same = std::ranges::find_if(
        page.entries, [&](const Place entry) { return entry->variant == variant; });
    // The newest response says what all vary by (RFC 9111, 4.1): others cannot be told apart by it.
    if (page.vary != response->vary) {
      clear(page);
    } else if (same != page.entries.end()) {
      remove(*same);
    } else if (page.entries.size() >= kVariantsMax) {
      remove(page.entries.front());
    }
  }
  if (bytes > bytes_max_) return;
  make_room(bytes);
  Page& page = pages_[key.uri];
  page.uri = key.uri;
  page.path = key.path;
  page.vary = response->vary;
  order_.push_front({&page, std::move(variant), std::move(response), until, bytes, false});
  page.entries.push_back(order_.begin());
  bytes_ += bytes;
}

std::size_t CacheStore::erase(std::string_view uri) {
  const auto page = pages_.find(uri);
  if (page == pages_.end()) return 0;
  const std::size_t count = page->second.entries.size();
  clear(page->second);
  return count;
}

std::size_t CacheStore::erase_matching(std::string_view pattern) {
  std::size_t count = 0;
  for (auto at = pages_.begin(); at != pages_.end();) {
    Page& page = (at++)->second;  // clear() takes the page away
    if (!limit::matches(pattern, page.path)) continue;
    count += page.entries.size();
    clear(page);
  }
  return count;
}

void CacheStore::remove(Place entry) {
  Page& page = *entry->page;
  std::erase(page.entries, entry);
  bytes_ -= entry->bytes;
  // The hand goes on to what came next; behind the newest it begins at the oldest again.
  if (hand_ == entry) hand_ = entry == order_.begin() ? order_.end() : std::prev(entry);
  order_.erase(entry);
  if (page.entries.empty()) pages_.erase(pages_.find(page.uri));
}

void CacheStore::clear(Page& page) {
  for (std::size_t left = page.entries.size(); left > 0; --left) remove(page.entries.front());
}

void CacheStore::make_room(std::size_t bytes) {
  const auto full = [&] { return bytes_ + bytes > bytes_max_ || order_.size() >= entries_max_; };
  while (full() && !order_.empty()) {
    if (hand_ == order_.end()) hand_ = std::prev(order_.end());
    if (std::exchange(hand_->asked_for, false)) {
      hand_ = hand_ == order_.begin() ? order_.end() : std::prev(hand_);
      continue;
    }
    ++evictions_;
    remove(hand_);
  }
}

}  // namespace sidecar
