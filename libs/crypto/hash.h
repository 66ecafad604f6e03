// Digests over OpenSSL's EVP interface: SHA-256 for identities and chains of evidence, HMAC-SHA256
// for ledger records, so that a record which this drill did not write is found out as corrupt.
// Random keys come from the kernel and are asked for by the code at the edge.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace crypto {

using Digest = std::array<std::uint8_t, 32>;

/// Source: FIPS 180-4.
Digest sha256(std::string_view data);
/// Source: RFC 2104, RFC 4231. Keys of any length.
Digest hmac_sha256(std::string_view key, std::string_view data);
/// Compares in a time that depends on the lengths alone.
bool equal(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b);

/// Lower-case.
std::string hex(std::span<const std::uint8_t> bytes);
/// Errors: InvalidArgument: an odd length, a character that is no hexadecimal digit.
base::Result<std::vector<std::uint8_t>> from_hex(std::string_view text);

}  // namespace crypto
