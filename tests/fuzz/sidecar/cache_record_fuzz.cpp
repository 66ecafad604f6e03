// A record of the cache's second level, rightly sealed, so that what follows the seal is reached:
// whatever lies there is none, or a response that can be sent and is read again as it is written.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "crypto/hash.h"
#include "sidecar/cache_record.h"
#include "sidecar/cache_voids.h"

namespace {
/// By clocks that are later than any record.
std::optional<sidecar::CacheRecord> read(const std::string& key, const std::string& text) {
  constexpr base::WallTime kWall{base::seconds(4'000'000'000)};
  return sidecar::read_record(key, "name", text, base::TimePoint(base::seconds(1000)), kWall);
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string payload(reinterpret_cast<const char*>(data), size);
  static const std::string key = sidecar::record_key("a secret for fuzzing");
  const crypto::Digest seal = crypto::hmac_sha256(key, "name\n" + payload);
  CHECK(!read(key, payload));
  const auto found = read(key, std::string(seal.begin(), seal.end()) + payload);
  const sidecar::CacheVoid what = sidecar::void_of(payload);
  CHECK(sidecar::void_of(sidecar::to_text(what)) == what);
  if (!found) return 0;
  if (found->response == nullptr) {
    CHECK(!found->vary.empty());
    return 0;
  }
  http1::ResponseHead head;
  CHECK(sidecar::read_stored(*found->response, head));
  const auto again = read(key, sidecar::write_record(key, "name", *found->response, found->known));
  CHECK(again && again->known == found->known && again->response->head == found->response->head &&
        again->response->body == found->response->body &&
        again->response->freshness == found->response->freshness);
  return 0;
}
