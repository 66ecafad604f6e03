#include "sidecar/security_headers.h"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sidecar {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::size_t kValueMax = 4096;
constexpr std::size_t kNameMax = 64;
constexpr std::string_view kSource = "'nonce-{nonce}'";

constexpr std::array<std::string_view, 2> kFraming{"DENY", "SAMEORIGIN"};
constexpr std::array<std::string_view, 8> kReferrers{"no-referrer",
                                                     "no-referrer-when-downgrade",
                                                     "same-origin",
                                                     "origin",
                                                     "strict-origin",
                                                     "origin-when-cross-origin",
                                                     "strict-origin-when-cross-origin",
                                                     "unsafe-url"};
constexpr std::array<std::string_view, 4> kOpeners{"unsafe-none", "same-origin-allow-popups",
                                                   "same-origin", "noopener-allow-popups"};
constexpr std::array<std::string_view, 3> kEmbedders{"unsafe-none", "require-corp",
                                                     "credentialless"};
constexpr std::array<std::string_view, 3> kResources{"same-site", "same-origin", "cross-origin"};

base::Result<> refuse(std::string_view flag, std::string_view value, std::string_view allowed) {
  return base::fail(base::Code::InvalidArgument, fmt::format("{} '{}': {}", flag, value, allowed));
}

base::Result<> one_of(std::string_view flag, std::string_view value, Words words) {
  if (value.empty() || std::ranges::find(words, value) != words.end()) return {};
  return refuse(flag, value, fmt::format("one of {}, or off", fmt::join(words, ", ")));
}

/// What can stand in a field as it is, without ending it.
base::Result<> printable(std::string_view flag, std::string_view value) {
  const bool good = std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~'; });
  if (good && value.size() <= kValueMax) return {};
  return refuse(flag, value, fmt::format("printable ASCII, {} bytes at most, or off", kValueMax));
}

/// Each nonce where browsers look for one, and nowhere else.
base::Result<> check_policy(std::string_view policy) {
  constexpr const char* kFlag = "--content-security-policy";
  TRY(printable(kFlag, policy));
  constexpr std::size_t kBefore = kSource.find(kNoncePlaceholder);
  for (std::size_t at = policy.find('{'); at != std::string_view::npos;
       at = policy.find('{', at + 1)) {
    const bool source = at >= kBefore && policy.substr(at - kBefore).starts_with(kSource);
    if (!source) return refuse(kFlag, policy, "a nonce is written 'nonce-{nonce}'");
  }
  return {};
}

/// As servers that make variables of fields read names: case is gone, and so is what is neither a
/// letter nor a digit.
char folded(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-';
}

bool begins_like(std::string_view name, std::string_view prefix) {
  return name.size() >= prefix.size() && same_variable(name.substr(0, prefix.size()), prefix);
}

base::Result<> check_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  constexpr std::string_view kEnd = "nonce";
  const std::string_view end = name.substr(name.size() - std::min(kEnd.size(), name.size()));
  if (name.size() >= 2 + kEnd.size() && name.size() <= kNameMax && begins_like(name, "X-") &&
      same_variable(end, kEnd) && std::ranges::all_of(name, plain)) {
    return {};
  }
  return refuse("--nonce-header", name,
                "X- and letters, digits and -, Nonce at the end, 64 at most");
}

}  // namespace

base::Result<> check(const SecurityHeaders& headers) {
  TRY(one_of("--frame-options", headers.frame_options, kFraming));
  TRY(one_of("--referrer-policy", headers.referrer_policy, kReferrers));
  TRY(one_of("--cross-origin-opener-policy", headers.opener_policy, kOpeners));
  TRY(one_of("--cross-origin-embedder-policy", headers.embedder_policy, kEmbedders));
  TRY(one_of("--cross-origin-resource-policy", headers.resource_policy, kResources));
  TRY(printable("--permissions-policy", headers.permissions_policy));
  TRY(printable("--strict-transport-security", headers.transport_security));
  TRY(check_policy(headers.content_policy));
  return check_name(headers.nonce_header);
}

bool same_variable(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other, {}, folded, folded);
}

bool may_be_page(const http1::ResponseHead& head) {
  const http1::Field* const type = http1::find(head, "Content-Type");
  if (type == nullptr) return true;
  const std::string_view media = type->value.substr(0, type->value.find(';'));
  constexpr std::array<std::string_view, 3> kPages{"html", "xml", "multipart"};
  const auto lies_in = [&](std::string_view word) {
    return !std::ranges::search(media, word, {}, folded, folded).empty();
  };
  return media.find('/') == std::string_view::npos || std::ranges::any_of(kPages, lies_in);
}

}  // namespace sidecar
