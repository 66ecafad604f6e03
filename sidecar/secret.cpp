#include "sidecar/secret.h"

#include "aio/entropy.h"
#include "aio/file.h"
#include "sidecar/log.h"

namespace sidecar {
namespace {

constexpr std::size_t kKeyFileMax = 4096;
constexpr std::size_t kDrawnBytes = 32;

}  // namespace

base::Result<std::string> fingerprint_secret(const std::string& file) {
  if (!file.empty()) {
    TRY(std::string key, aio::read_file(file, kKeyFileMax));
    if (key.ends_with('\n')) key.pop_back();
    return key;
  }
  if (std::string key = aio::env_or("MUSTER_FINGERPRINT_KEY", ""); !key.empty()) return key;
  log(Level::Info,
      "no key of fingerprints: one was drawn for this process; set MUSTER_FINGERPRINT_KEY or "
      "--fingerprint-key-file so that fingerprints outlive it");
  return aio::random_bytes(kDrawnBytes);
}

}  // namespace sidecar
