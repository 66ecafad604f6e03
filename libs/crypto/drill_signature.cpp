#include "crypto/drill_signature.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include <fmt/format.h>

#include "base/check.h"

namespace crypto {
namespace {

constexpr std::size_t kKeyBytesMin = 16;
constexpr std::size_t kNameMax = 253;  // the longest name of an object of Kubernetes
constexpr std::size_t kDigitsMax = 12;
constexpr std::string_view kBegin = "v1;drill=";
constexpr std::string_view kTime = ";t=";
constexpr std::string_view kMac = ";mac=";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_of_name(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
         c == '-';
}

/// Takes what stands before `mark` off `rest`, and the mark. Nothing: there is no mark.
std::optional<std::string_view> take_until(std::string_view& rest, std::string_view mark) {
  const std::size_t end = rest.find(mark);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view out = rest.substr(0, end);
  rest.remove_prefix(end + mark.size());
  return out;
}

/// Decimal, without zeros in front.
std::optional<std::int64_t> seconds_of(std::string_view text) {
  if (text.empty() || text.size() > kDigitsMax || !std::ranges::all_of(text, is_digit) ||
      (text.front() == '0' && text.size() > 1)) {
    return std::nullopt;
  }
  std::int64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

/// 64 digits, lower case.
std::optional<Digest> digest_of(std::string_view text) {
  Digest out{};
  const auto is_hex = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); };
  if (text.size() != out.size() * 2 || !std::ranges::all_of(text, is_hex)) return std::nullopt;
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::from_chars(text.data() + i * 2, text.data() + i * 2 + 2, out[i], 16);
  }
  return out;
}

std::int64_t seconds_of(base::WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

bool is_drill_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameMax && std::ranges::all_of(name, is_of_name);
}

std::optional<DrillClaim> parse_drill_field(std::string_view field) {
  if (!field.starts_with(kBegin)) return std::nullopt;
  field.remove_prefix(kBegin.size());
  const auto drill = take_until(field, kTime);
  const auto time = take_until(field, kMac);
  if (!drill || !time || !is_drill_name(*drill)) return std::nullopt;
  const auto seconds = seconds_of(*time);
  const auto mac = digest_of(field);
  if (!seconds || !mac) return std::nullopt;
  return DrillClaim{*drill, *seconds, *mac};
}

std::string drill_field(const DrillClaim& claim) {
  return fmt::format("{}{}{}{}{}{}", kBegin, claim.drill, kTime, claim.seconds, kMac,
                     hex(claim.mac));
}

const char* name(DrillSign sign) {
  switch (sign) {
    case DrillSign::Good: return "good";
    case DrillSign::Malformed: return "malformed";
    case DrillSign::Wrong: return "wrong";
    case DrillSign::Untimely: return "untimely";
  }
  CHECK(false);
}

base::Result<DrillKey> DrillKey::from(std::string_view secret) {
  while (secret.ends_with('\n')) secret.remove_suffix(1);
  if (secret.size() < kKeyBytesMin) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("a key of drills of {} bytes can be guessed: at least {}",
                                  secret.size(), kKeyBytesMin));
  }
  return DrillKey(KeyedHmac(secret));
}

/// What is free to choose stands last, and behind a name and a number that have no line ends: two
/// requests never have one text.
Digest DrillKey::mac_of(const DrillClaim& claim, std::string_view method,
                        std::string_view target) const {
  return hmac_.sign(
      fmt::format("muster-drill v1\n{}\n{}\n{} {}", claim.drill, claim.seconds, method, target));
}

std::string DrillKey::sign(std::string_view drill, std::string_view method, std::string_view target,
                           base::WallTime now) const {
  CHECK(is_drill_name(drill));
  DrillClaim claim{drill, std::max<std::int64_t>(seconds_of(now), 0), {}};
  claim.mac = mac_of(claim, method, target);
  return drill_field(claim);
}

DrillSign DrillKey::check(std::string_view field, std::string_view method, std::string_view target,
                          base::WallTime now) const {
  const auto claim = parse_drill_field(field);
  if (!claim) return DrillSign::Malformed;
  if (!equal(mac_of(*claim, method, target), claim->mac)) return DrillSign::Wrong;
  const std::int64_t apart = seconds_of(now) - claim->seconds;
  constexpr std::int64_t kMost = kDrillWindow / base::seconds(1);
  return apart > kMost || apart < -kMost ? DrillSign::Untimely : DrillSign::Good;
}

}  // namespace crypto
