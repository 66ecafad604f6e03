#include "probes/drill_signer.h"

#include <utility>

#include <fmt/format.h>

#include "aio/file.h"

namespace probes {
namespace {

constexpr std::size_t kKeyFileMax = 4096;

base::Result<std::string> secret_of(const std::string& file) {
  if (file.empty()) return aio::env_or("MUSTER_DRILL_KEY", "");
  auto secret = aio::read_file(file, kKeyFileMax);
  if (!secret) return tl::unexpected(secret.error().with("drillKeyFile"));
  return secret;
}

}  // namespace

base::Result<std::shared_ptr<const DrillSigner>> DrillSigner::find(const std::string& key_file,
                                                                   const std::string& drill) {
  TRY(const std::string secret, secret_of(key_file));
  if (key_file.empty() && secret.empty()) return nullptr;
  TRY(crypto::DrillKey key, crypto::DrillKey::from(secret));
  if (!crypto::is_drill_name(drill)) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("drill '{}': requests are signed for 1 to 253 letters, digits, "
                                  "'.', '_' and '-'",
                                  drill));
  }
  return std::make_shared<const DrillSigner>(std::move(key), drill);
}

DrillSigner::DrillSigner(crypto::DrillKey key, std::string drill,
                         std::function<base::WallTime()> now)
    : key_(std::move(key)), drill_(std::move(drill)), now_(std::move(now)) {}

std::string DrillSigner::line(std::string_view method, std::string_view target) const {
  return fmt::format("{}: {}\r\n", crypto::kDrillField, key_.sign(drill_, method, target, now_()));
}

}  // namespace probes
