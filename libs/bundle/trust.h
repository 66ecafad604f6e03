// Whose signatures count: a text file of public keys (docs/evidence-format.md §5), one a line:
//   ed25519 9d61…7f60 drills@example   # comment
// Keys are compared whole; the name is for messages.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/signature.h"

namespace bundle {

struct TrustedKey {
  crypto::PublicKey key{};
  std::string name;
};

/// Errors: InvalidArgument with the line: another kind of key, no key, a key that stands twice.
base::Result<std::vector<TrustedKey>> parse_trust(std::string_view text, const std::string& file);
/// The line of a key, ending in a newline.
std::string trust_line(const crypto::PublicKey& key, std::string_view name);
/// The name of a trusted key; nothing: it is not on the list.
std::optional<std::string> trusted_as(const std::vector<TrustedKey>& list,
                                      const crypto::PublicKey& key);

}  // namespace bundle
