#include "bundle/trust.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

#include "crypto/hash.h"

namespace bundle {

base::Result<std::vector<TrustedKey>> parse_trust(std::string_view text, const std::string& file) {
  std::vector<TrustedKey> out;
  std::istringstream lines{std::string(text)};
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string kind, key, name;
    if (!(words >> kind)) continue;
    words >> key;
    std::getline(words >> std::ws, name);
    while (!name.empty() && (name.back() == ' ' || name.back() == '\r')) name.pop_back();
    const auto wrong = [&](const std::string& what) {
      return base::fail(base::Code::InvalidArgument, fmt::format("{}:{}: {}", file, number, what));
    };
    if (kind != "ed25519") {
      return wrong("'" + kind + "' is no kind of key; a line is: ed25519 HEXADECIMAL NAME");
    }
    const auto parsed = crypto::public_key_from_hex(key);
    if (!parsed) return wrong(parsed.error().message);
    // Whoever appends a line twice trusts the key no less; the first name is its name.
    if (!trusted_as(out, *parsed)) out.push_back({*parsed, std::move(name)});
  }
  return out;
}

std::string trust_line(const crypto::PublicKey& key, std::string_view name) {
  return fmt::format("ed25519 {} {}\n", crypto::hex(key), name);
}

std::optional<std::string> trusted_as(const std::vector<TrustedKey>& list,
                                      const crypto::PublicKey& key) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const TrustedKey& trusted) {
    return crypto::equal(trusted.key, key);
  });
  if (found == list.end()) return std::nullopt;
  return found->name;
}

}  // namespace bundle
