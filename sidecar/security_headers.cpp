#include "sidecar/security_headers.h"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "http1/policy_values.h"
#include "sidecar/of_flag.h"

namespace sidecar {
namespace {

using Words = std::span<const std::string_view>;

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

/// As servers that make variables of fields read names: case is gone, and so is what is neither a
/// letter nor a digit.
char folded(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-';
}

}  // namespace

base::Result<> check(const SecurityHeaders& headers) {
  TRY(one_of("--frame-options", headers.frame_options, kFraming));
  TRY(one_of("--referrer-policy", headers.referrer_policy, kReferrers));
  TRY(one_of("--cross-origin-opener-policy", headers.opener_policy, kOpeners));
  TRY(one_of("--cross-origin-embedder-policy", headers.embedder_policy, kEmbedders));
  TRY(one_of("--cross-origin-resource-policy", headers.resource_policy, kResources));
  TRY(of_flag("--permissions-policy", http1::check_policy_value(headers.permissions_policy)));
  TRY(of_flag("--strict-transport-security",
              http1::check_policy_value(headers.transport_security)));
  TRY(of_flag("--content-security-policy", http1::check_content_policy(headers.content_policy)));
  return of_flag("--nonce-header", http1::check_nonce_header(headers.nonce_header));
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
