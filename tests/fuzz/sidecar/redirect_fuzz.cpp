// A message of the kernel's list of rules: whatever it is, it is walked within its bytes, and what
// is taken for a rule of ours is the one that we would write.
#include <cstdint>
#include <cstring>

#include "base/check.h"
#include "sidecar/redirect/messages.h"

namespace {

using redirect::Messages;

const nlmsghdr& header(const Messages& words) {
  return *reinterpret_cast<const nlmsghdr*>(words.data());
}

/// The rules among messages of ours.
redirect::Rules rules_in(const Messages& all) {
  redirect::Rules out;
  for (std::size_t at = 0; at < all.size();) {
    const Messages one(all.begin() + static_cast<std::ptrdiff_t>(at), all.end());
    const auto rule = redirect::rule_of(header(one));
    CHECK(rule.has_value());
    if (*rule) out.push_back(**rule);
    at += (header(one).nlmsg_len + 3) / 4;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < sizeof(nlmsghdr)) return 0;
  Messages words((size + 3) / 4);
  std::memcpy(words.data(), data, size);
  nlmsghdr fixed = header(words);
  fixed.nlmsg_len = static_cast<std::uint32_t>(size);
  std::memcpy(words.data(), &fixed, sizeof(fixed));
  CHECK(!redirect::subject(fixed.nlmsg_type).empty());
  const auto rule = redirect::rule_of(header(words));
  if (rule && *rule) CHECK(rules_in(redirect::to_replace({**rule})) == redirect::Rules{**rule});
  return 0;
}
