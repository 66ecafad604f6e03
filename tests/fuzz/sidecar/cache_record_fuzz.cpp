// A record of the cache's second level, rightly sealed, so that what follows the seal is reached:
// whatever lies there is none, or a response that can be sent and is read again as it is written.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "crypto/hash.h"
#include "sidecar/cache_record.h"
#include "sidecar/cache_voids.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string payload(reinterpret_cast<const char*>(data), size);
  static const std::string key = sidecar::record_key("a secret for fuzzing");
  const crypto::Digest seal = crypto::hmac_sha256(key, "name\n" + payload);
  CHECK(!sidecar::read_record(key, "name", payload));
  const auto read =
      sidecar::read_record(key, "name", std::string(seal.begin(), seal.end()) + payload);
  const sidecar::CacheVoid what = sidecar::void_of(payload);
  CHECK(sidecar::void_of(sidecar::to_text(what)) == what);
  if (!read) return 0;
  if (read->response == nullptr) {
    CHECK(!read->vary.empty());
    return 0;
  }
  http1::ResponseHead head;
  CHECK(sidecar::read_stored(*read->response, head));
  const auto again = sidecar::read_record(
      key, "name", sidecar::write_record(key, "name", *read->response, read->known));
  CHECK(again && again->known == read->known && again->response->head == read->response->head &&
        again->response->body == read->response->body &&
        again->response->freshness == read->response->freshness);
  return 0;
}
