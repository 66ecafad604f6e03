// X.509 certificates for servers of the product itself: an authority of its own, and what it signs.
// ECDSA over P-256, because every client of TLS 1.2 takes it and a key is made in microseconds.
// Times are parameters; only keys and serial numbers are drawn, by OpenSSL.
// Source: RFC 5280; RFC 6125 (names are in subjectAltName alone).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace crypto {

/// PEM: one certificate, and its key as PKCS #8.
struct KeyPair {
  std::string certificate, key;
  bool operator==(const KeyPair&) const = default;
};

/// From when until when; whole seconds.
struct Validity {
  base::WallTime from, until;
  bool holds_at(base::WallTime now) const { return from <= now && now < until; }
  bool operator==(const Validity&) const = default;
};

/// An authority that signs servers and no other authorities. `name`: for people.
KeyPair make_authority(const std::string& name, const Validity& validity);

/// Signed for a server of these DNS names. Errors: InvalidArgument: the authority cannot be read,
/// or its key is of another certificate.
base::Result<KeyPair> make_server(const KeyPair& authority, const std::vector<std::string>& names,
                                  const Validity& validity);

struct Certificate {
  Validity validity;
  std::vector<std::string> names;  // DNS names, sorted
  bool is_authority = false;
};
/// Of the first certificate in a text. Errors: InvalidArgument: there is none, or it is damaged.
base::Result<Certificate> read_certificate(std::string_view pem);

/// The certificates of a text, one by one, with nothing between them. What is no certificate is
/// left out.
std::vector<std::string> certificates_in(std::string_view pem);

/// Whether a key is that of a certificate. False for what cannot be read.
bool key_fits(const KeyPair& pair);
/// Whether the holder of `authority` signed `certificate`. False for what cannot be read.
bool is_signed_by(std::string_view certificate, std::string_view authority);

}  // namespace crypto
