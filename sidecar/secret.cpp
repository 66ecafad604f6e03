#include "sidecar/secret.h"

#include <utility>

#include "aio/entropy.h"
#include "aio/file.h"
#include "limit/fingerprint.h"

namespace sidecar {
namespace {

constexpr std::size_t kSecretFileMax = 4096;
constexpr std::size_t kDrawnBytes = 32;

base::Result<std::string> secret_of(const std::string& file, const char* variable) {
  if (file.empty()) return aio::env_or(variable, "");
  TRY(std::string secret, aio::read_file(file, kSecretFileMax));
  if (secret.ends_with('\n')) secret.pop_back();
  return secret;
}

}  // namespace

base::Result<std::string> admin_token(const std::string& file) {
  return secret_of(file, "MUSTER_ADMIN_TOKEN");
}

base::Result<std::optional<std::string>> admin_read_token(const std::string& file) {
  TRY(std::string token, secret_of(file, "MUSTER_ADMIN_READ_TOKEN"));
  if (!token.empty()) return std::optional(std::move(token));
  if (file.empty()) return std::nullopt;
  return base::fail(base::Code::InvalidArgument,
                    "--admin-read-token-file '" + file + "': it is empty");
}

base::Result<std::string> redis_password(const std::string& file) {
  return secret_of(file, "MUSTER_REDIS_PASSWORD");
}

base::Result<std::string> database_password(const std::string& file) {
  return secret_of(file, "MUSTER_DATABASE_PASSWORD");
}

base::Result<std::optional<crypto::DrillKey>> drill_key(const std::string& file) {
  TRY(const std::string secret, secret_of(file, "MUSTER_DRILL_KEY"));
  if (file.empty() && secret.empty()) return std::nullopt;
  TRY(crypto::DrillKey key, crypto::DrillKey::from(secret));
  return std::optional(std::move(key));
}

base::Result<> has_fingerprint_key(const std::string& file) {
  TRY(const std::string key, secret_of(file, "MUSTER_FINGERPRINT_KEY"));
  if (key.empty()) {
    return base::fail(base::Code::InvalidArgument,
                      "--redis: replicas know a client by a key that they share: "
                      "--fingerprint-key-file or MUSTER_FINGERPRINT_KEY");
  }
  TRY(limit::FingerprintKey::from(key));
  return {};
}

base::Result<FingerprintSecret> fingerprint_secret(const std::string& file) {
  TRY(std::string key, secret_of(file, "MUSTER_FINGERPRINT_KEY"));
  if (!file.empty() || !key.empty()) return FingerprintSecret{std::move(key)};
  return FingerprintSecret{aio::random_bytes(kDrawnBytes), true};
}

}  // namespace sidecar
