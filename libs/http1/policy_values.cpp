#include "http1/policy_values.h"

#include <algorithm>
#include <string>

#include "http1/grammar.h"

namespace http1 {
namespace {

constexpr std::size_t kValueMax = 4096;
constexpr std::size_t kNameMax = 64;
constexpr std::string_view kSource = "'nonce-{nonce}'";

tl::unexpected<base::Error> refuse(std::string_view value, const std::string& allowed) {
  return base::fail(base::Code::InvalidArgument, "'" + std::string(value) + "': " + allowed);
}

bool same_letters(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other, {}, grammar::lower, grammar::lower);
}

}  // namespace

base::Result<> check_policy_value(std::string_view value) {
  const bool good = std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~'; });
  if (good && value.size() <= kValueMax) return {};
  return refuse(value, "printable ASCII, " + std::to_string(kValueMax) + " bytes at most, or off");
}

base::Result<> check_content_policy(std::string_view policy) {
  TRY(check_policy_value(policy));
  constexpr std::size_t kBefore = kSource.find('{');
  for (std::size_t at = policy.find('{'); at != std::string_view::npos;
       at = policy.find('{', at + 1)) {
    const bool source = at >= kBefore && policy.substr(at - kBefore).starts_with(kSource);
    if (!source) return refuse(policy, "a nonce is written 'nonce-{nonce}'");
  }
  return {};
}

base::Result<> check_nonce_header(std::string_view name) {
  constexpr std::string_view kBegin = "X-", kEnd = "nonce";
  const auto plain = [](char c) { return grammar::letter(c) || grammar::digit(c) || c == '-'; };
  if (name.size() >= kBegin.size() + kEnd.size() && name.size() <= kNameMax &&
      same_letters(name.substr(0, kBegin.size()), kBegin) &&
      same_letters(name.substr(name.size() - kEnd.size()), kEnd) &&
      std::ranges::all_of(name, plain)) {
    return {};
  }
  return refuse(name, "X- and letters, digits and -, Nonce at the end, 64 at most");
}

}  // namespace http1
