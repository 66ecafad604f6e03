#include "operator/rotation.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "aio/entropy.h"
#include "base/split.h"
#include "crypto/base64.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"

namespace op {
namespace {

using api::Node;
using crypto::Certificate;

constexpr const char* kAuthorityName = "muster-admission";
constexpr std::size_t kPathBytes = 16;
constexpr std::size_t kPathsMost = 3;

std::string plain(const Node& data, const char* member) {
  return crypto::base64_decode(data[member].as_string()).value_or("");
}

std::string drawn_path() {
  const std::string bytes = aio::random_bytes(kPathBytes);
  return crypto::hex(std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
}

std::vector<std::string> paths_in(std::string_view lines) {
  std::vector<std::string> out;
  while (!lines.empty() && out.size() < kPathsMost) {
    const std::string_view one = base::take_until(lines, '\n');
    const bool is_drawn = one.size() == 2 * kPathBytes &&
                          one.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    if (is_drawn) out.emplace_back(one);
  }
  return out;
}

/// For how long it has been known that the server has this certificate, what is left of `length`.
base::Duration left_since(const Certificate& made, base::Duration length, base::WallTime now,
                          const RotationTimes& times) {
  return made.validity.from + times.backdate + length - now;
}

/// Of the server, as clients judge it.
struct Serving {
  std::optional<std::size_t> issuer;  // among the authorities that are valid now
  Certificate certificate;
  std::string wrong;  // why nobody can be served with it; empty: all is well
};

Serving look_at(const AdmissionKeys& keys, const std::vector<std::string>& authorities,
                const std::vector<std::string>& names, base::WallTime now) {
  Serving out;
  if (!can_serve(keys, names)) {
    out.wrong = keys.certificate.empty() ? "the server has no certificate"
                                         : "the server's certificate and key cannot be used";
    return out;
  }
  out.certificate = *crypto::read_certificate(keys.certificate);
  if (!out.certificate.validity.holds_at(now)) {
    out.wrong = fmt::format("the server's certificate is valid from {} to {}",
                            base::rfc3339(out.certificate.validity.from),
                            base::rfc3339(out.certificate.validity.until));
    return out;
  }
  for (std::size_t i = 0; i < authorities.size() && !out.issuer; ++i) {
    const auto authority = crypto::read_certificate(authorities[i]);
    const bool valid = authority && authority->validity.holds_at(now);
    if (valid && crypto::is_signed_by(keys.certificate, authorities[i])) out.issuer = i;
  }
  if (!out.issuer) out.wrong = "no authority vouches for the server's certificate";
  return out;
}

/// Of the authority that signs. Empty: it can.
std::string why_not_signing(const AdmissionKeys& keys, const std::vector<std::string>& authorities,
                            base::WallTime now) {
  if (authorities.empty()) return "there is no authority";
  if (!crypto::key_fits({authorities.front(), keys.authority_key})) {
    return "the authority's key is missing, or of another one";
  }
  const auto read = crypto::read_certificate(authorities.front());
  if (!read || !read->is_authority) return "the authority is none";
  if (!read->validity.holds_at(now)) {
    return fmt::format("the authority is valid from {} to {}", base::rfc3339(read->validity.from),
                       base::rfc3339(read->validity.until));
  }
  return "";
}

Rotation keep(base::Duration look) {
  return {Rotate::Keep, "", std::max(look, base::Duration(base::seconds(1)))};
}

/// All is usable: whether something is due, and else when.
Rotation of_usable(const Serving& serving, const Certificate& newest, std::size_t authorities,
                   bool trusted, base::WallTime now, const RotationTimes& times) {
  const auto until_spread = [&](const Certificate& made) {
    return left_since(made, times.spread, now, times);
  };
  if (*serving.issuer != 0) {
    const base::Duration left = until_spread(newest);
    if (left > base::Duration{}) return keep(left);
    // A change of the webhooks is news, and leads here again.
    if (!trusted) return keep(times.spread);
    return {Rotate::NewServing, "the new authority is trusted everywhere", {}};
  }
  const base::Duration serving_left =
      serving.certificate.validity.until - times.serving_renew - now;
  const base::Duration authority_left = newest.validity.until - times.authority_renew - now;
  if (authorities > 1) {
    const base::Duration left = until_spread(serving.certificate);
    if (left <= base::Duration{}) {
      return {Rotate::DropOld, "nobody shows a certificate of the old authority", {}};
    }
    return keep(left);
  }
  if (authority_left <= base::Duration{}) {
    return {Rotate::NewAuthority,
            fmt::format("the authority ends at {}", base::rfc3339(newest.validity.until)),
            {}};
  }
  if (serving_left <= base::Duration{}) {
    return {Rotate::NewServing,
            fmt::format("the server's certificate ends at {}",
                        base::rfc3339(serving.certificate.validity.until)),
            {}};
  }
  return keep(std::min(serving_left, authority_left));
}

/// Where nothing else is due than what `otherwise` says.
Rotation of_paths(const AdmissionKeys& keys, const Certificate& serving, Rotation otherwise,
                  bool trusted, base::WallTime now, const RotationTimes& times) {
  if (keys.paths.empty()) return {Rotate::NewPath, "the server has no path of its own", {}};
  if (keys.paths.size() == 1) return otherwise;
  // Used by callers from one `spread` on, and by all of them after another.
  for (const int spreads : {1, 2}) {
    const base::Duration left = left_since(serving, spreads * times.spread, now, times);
    if (left > base::Duration{}) return keep(std::min(left, otherwise.look));
  }
  if (!trusted) return keep(std::min(times.spread, otherwise.look));
  return {Rotate::DropOldPath, "nobody is sent to the old path", {}};
}

crypto::Validity validity(base::WallTime now, base::Duration length, const RotationTimes& times) {
  return {now - times.backdate, now + length};
}

base::Result<> sign_server(AdmissionKeys& keys, const std::vector<std::string>& names,
                           base::WallTime now, const RotationTimes& times) {
  const std::vector<std::string> authorities = crypto::certificates_in(keys.authorities);
  const crypto::KeyPair signer{authorities.empty() ? "" : authorities.front(), keys.authority_key};
  crypto::Validity wanted = validity(now, times.serving, times);
  if (const auto read = crypto::read_certificate(signer.certificate)) {
    wanted.until = std::min(wanted.until, read->validity.until);
  }
  TRY(crypto::KeyPair made, crypto::make_server(signer, names, wanted));
  keys.certificate = std::move(made.certificate);
  keys.key = std::move(made.key);
  return {};
}

/// What callers are sent to is the second: path_in_use() goes on to lead there.
std::vector<std::string> with_new_path(const AdmissionKeys& keys, base::WallTime now,
                                       const RotationTimes& times) {
  std::vector<std::string> out = {drawn_path()};
  const std::string used = path_in_use(keys, now, times);
  if (!used.empty()) out.push_back(used);
  for (const std::string& one : keys.paths) {
    if (one != used && out.size() < kPathsMost) out.push_back(one);
  }
  return out;
}

}  // namespace

AdmissionKeys keys_of(const Node& secret) {
  const Node& data = secret["data"];
  return {plain(data, "ca.crt"), plain(data, "ca.key"), plain(data, "tls.crt"),
          plain(data, "tls.key"), paths_in(plain(data, "paths"))};
}

Node data_of(const AdmissionKeys& keys) {
  Node out = Node::map()
                 .set("ca.crt", crypto::base64_encode(keys.authorities))
                 .set("ca.key", crypto::base64_encode(keys.authority_key))
                 .set("tls.crt", crypto::base64_encode(keys.certificate))
                 .set("tls.key", crypto::base64_encode(keys.key));
  std::string lines;
  for (const std::string& one : keys.paths) lines += one + "\n";
  if (!lines.empty()) out.set("paths", crypto::base64_encode(lines));
  return out;
}

const char* name(Rotate rotate) {
  switch (rotate) {
    case Rotate::Keep: return "Keep";
    case Rotate::NewAll: return "NewAll";
    case Rotate::NewAuthority: return "NewAuthority";
    case Rotate::NewServing: return "NewServing";
    case Rotate::DropOld: return "DropOld";
    case Rotate::NewPath: return "NewPath";
    case Rotate::DropOldPath: return "DropOldPath";
  }
  return "Keep";
}

bool can_serve(const AdmissionKeys& keys, const std::vector<std::string>& names) {
  const auto read = crypto::read_certificate(keys.certificate);
  if (!read || !crypto::key_fits({keys.certificate, keys.key})) return false;
  return std::ranges::all_of(names, [&](const std::string& one) {
    return std::ranges::find(read->names, one) != read->names.end();
  });
}

std::string path_in_use(const AdmissionKeys& keys, base::WallTime now, const RotationTimes& times) {
  if (keys.paths.empty()) return "";
  const auto read = crypto::read_certificate(keys.certificate);
  const bool is_known_to_all =
      !read || left_since(*read, times.spread, now, times) <= base::Duration{};
  return keys.paths.size() == 1 || is_known_to_all ? keys.paths[0] : keys.paths[1];
}

Rotation decide_rotation(const AdmissionKeys& keys, const Served& served, bool trusted,
                         base::WallTime now, const RotationTimes& times) {
  const std::vector<std::string> authorities = crypto::certificates_in(keys.authorities);
  const Serving serving = look_at(keys, authorities, served.names, now);
  if (const std::string why = why_not_signing(keys, authorities, now); !why.empty()) {
    // Where another authority vouches for the server, its calls go on while a new one is made
    // known.
    return {serving.wrong.empty() ? Rotate::NewAuthority : Rotate::NewAll, why, {}};
  }
  if (!serving.wrong.empty()) return {Rotate::NewServing, serving.wrong, {}};
  const Certificate newest = *crypto::read_certificate(authorities.front());
  const Rotation due = of_usable(serving, newest, authorities.size(), trusted, now, times);
  if (due.what != Rotate::Keep || !served.has_secret_path) return due;
  return of_paths(keys, serving.certificate, due, trusted, now, times);
}

base::Result<AdmissionKeys> carry_out(const Rotation& rotation, const AdmissionKeys& keys,
                                      const Served& served, base::WallTime now,
                                      const RotationTimes& times) {
  AdmissionKeys out = keys;
  const std::vector<std::string> authorities = crypto::certificates_in(keys.authorities);
  const bool has_new_server =
      rotation.what == Rotate::NewAll || rotation.what == Rotate::NewServing;
  if (rotation.what == Rotate::NewAll || rotation.what == Rotate::NewAuthority) {
    crypto::KeyPair made =
        crypto::make_authority(kAuthorityName, validity(now, times.authority, times));
    out.authorities = std::move(made.certificate);
    out.authority_key = std::move(made.key);
  }
  if (rotation.what == Rotate::NewAuthority) {
    for (const std::string& one : authorities) {
      if (crypto::is_signed_by(keys.certificate, one)) out.authorities += one;
    }
  }
  if (has_new_server) TRY(sign_server(out, served.names, now, times));
  if (served.has_secret_path && (has_new_server || rotation.what == Rotate::NewPath)) {
    out.paths = with_new_path(keys, now, times);
  }
  if (rotation.what == Rotate::DropOld) {
    out.authorities = authorities.empty() ? "" : authorities.front();
  }
  if (rotation.what == Rotate::DropOldPath) out.paths.resize(1);
  return out;
}

}  // namespace op
