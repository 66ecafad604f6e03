#include "sidecar/cache_record.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/split.h"
#include "crypto/hash.h"

namespace sidecar {
namespace {

constexpr std::string_view kResponse = "r1";
constexpr std::string_view kSignpost = "s1";
constexpr std::size_t kNameBytes = 16;                            // of a digest
constexpr std::int64_t kReceivedMax = 4'000'000'000'000'000'000;  // ns since 1970: the year 2096
constexpr std::int64_t kAgeMax = 1'000'000'000;                   // seconds
/// By which clocks of replicas may differ.
constexpr base::Duration kAhead = base::seconds(5);

std::string_view text_of(const crypto::Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};  // NOLINT(*-reinterpret-*)
}

crypto::Digest seal_of(std::string_view key, std::string_view name, std::string_view payload) {
  return crypto::hmac_sha256(key, fmt::format("{}\n{}", name, payload));
}

std::string sealed(std::string_view key, std::string_view name, std::string payload) {
  payload.insert(0, text_of(seal_of(key, name, payload)));
  return payload;
}

/// Up to the mark; false: it is no number.
template <class Number>
bool take_number(std::string_view& text, char mark, Number& out) {
  const std::string_view word = base::take_until(text, mark);
  const auto parsed = std::from_chars(word.data(), word.data() + word.size(), out);
  return parsed.ec == std::errc() && parsed.ptr == word.data() + word.size();
}

/// As it was stored, with the age that it had.
StoredPointer response_of(std::string_view text, std::int64_t received, std::int64_t age,
                          std::size_t head_bytes, base::TimePoint now, base::WallTime wall) {
  const bool sane = received > 0 && received <= kReceivedMax && age >= 0 && age <= kAgeMax;
  if (!sane || head_bytes > text.size()) return nullptr;
  StoredResponse written;
  written.head = text.substr(0, head_bytes);
  http1::ResponseHead head;
  if (!read_stored(written, head)) return nullptr;
  const base::WallTime at{base::Duration(received)};
  if (at - wall > kAhead) return nullptr;
  const base::TimePoint arrived = now - std::max(wall - at, base::Duration(0));
  StoredResponse begun = begin_stored(head, {arrived, arrived, at});
  begun.freshness.age_received = http1::Seconds(age);
  return complete_stored(std::move(begun), std::string(text.substr(head_bytes)));
}

}  // namespace

std::string record_key(std::string_view secret) {
  return std::string(text_of(crypto::hmac_sha256(secret, "muster-sidecar cache records")));
}

std::string record_name(std::string_view prefix, std::string_view key, const RemotePlace& place) {
  const crypto::Digest digest = crypto::hmac_sha256(
      key, fmt::format("name {} {} {}\n{}{}{}", place.uri.size(), place.said.size(),
                       place.variant.size(), place.uri, place.said, place.variant));
  std::string out = fmt::format("{}:cache:", prefix);
  for (std::size_t i = 0; i < kNameBytes; ++i) out += fmt::format("{:02x}", digest[i]);
  return out;
}

std::string write_record(std::string_view key, std::string_view name, const StoredResponse& stored,
                         std::uint64_t known) {
  return sealed(key, name,
                fmt::format("{} {} {} {} {}\n{}{}", kResponse, known,
                            stored.freshness.received.time_since_epoch().count(),
                            stored.freshness.age_received.count(), stored.head.size(), stored.head,
                            stored.body));
}

std::string write_signpost(std::string_view key, std::string_view name, std::string_view vary) {
  return sealed(key, name, fmt::format("{} {}", kSignpost, vary));
}

std::optional<CacheRecord> read_record(std::string_view key, std::string_view name,
                                       std::string_view text, base::TimePoint now,
                                       base::WallTime wall) {
  const std::size_t seal_bytes = crypto::Digest{}.size();
  if (text.size() < seal_bytes) return std::nullopt;
  const std::string seal(text.substr(0, seal_bytes));
  text.remove_prefix(seal_bytes);
  const crypto::Digest right = seal_of(key, name, text);
  crypto::Digest shown;
  std::copy(seal.begin(), seal.end(), shown.begin());
  if (!crypto::equal(shown, right)) return std::nullopt;
  CacheRecord out;
  const std::string_view form = base::take_until(text, ' ');
  if (form == kSignpost) {
    out.vary = text;
    return out.vary.empty() ? std::nullopt : std::optional(std::move(out));
  }
  std::int64_t received = 0, age = 0;
  std::size_t head_bytes = 0;
  const bool good = form == kResponse && take_number(text, ' ', out.known) &&
                    take_number(text, ' ', received) && take_number(text, ' ', age) &&
                    take_number(text, '\n', head_bytes);
  if (!good) return std::nullopt;
  out.response = response_of(text, received, age, head_bytes, now, wall);
  return out.response == nullptr ? std::nullopt : std::optional(std::move(out));
}

}  // namespace sidecar
