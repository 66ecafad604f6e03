// When the keys of the admission server are renewed, and how, so that no call fails meanwhile.
// Pure: what the Secret holds and the time go in, one decision comes out; after it was carried out
// it is asked again.
//
// The Secret holds authorities, of which the first signs and all are trusted, and what the server
// shows. A new authority comes in three steps, `spread` apart, because API servers and replicas
// hear of a change at different times:
//   1. it is put before the old one, which still vouches for the server   NewAuthority
//   2. when every webhook trusts both, the server gets a certificate of it   NewServing
//   3. when every replica shows that, the old one is no longer trusted       DropOld
// What cannot be used at all (nothing there, cut in half, another's, expired) is made anew at once.
// A clock that is put forward or back makes certificates that are not valid by it: the same.
//
// A server whose callers are known by what they alone can know has a secret path besides, drawn
// anew with each of its certificates. All that the Secret lists are taken; callers are sent to the
// new one when every replica has heard of it, and the old one is dropped when nobody is sent there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api/node.h"
#include "base/result.h"
#include "base/time.h"

namespace op {

inline constexpr base::Duration kDay = base::seconds(86'400);

struct RotationTimes {
  base::Duration authority = 365 * kDay;
  /// Before its end; longer than a server's certificate lasts, which must not outlive its signer.
  base::Duration authority_renew = 120 * kDay;
  base::Duration serving = 90 * kDay;
  base::Duration serving_renew = 30 * kDay;
  /// Within this, all API servers and all replicas have heard of a change.
  base::Duration spread = base::seconds(600);
  /// Certificates begin this long ago: clocks differ.
  base::Duration backdate = base::seconds(3600);
};

/// The data of the Secret, PEM. Empty: not there.
struct AdmissionKeys {
  std::string authorities;           // ca.crt: the first signs
  std::string authority_key;         // ca.key: of the first
  std::string certificate, key;      // tls.crt, tls.key
  std::vector<std::string> paths{};  // one component each, the newest first
  bool operator==(const AdmissionKeys&) const = default;
};
/// Of a Secret. What is no base64, and a path that we did not draw, is taken for missing.
AdmissionKeys keys_of(const api::Node& secret);
/// As the member `data` of a Secret.
api::Node data_of(const AdmissionKeys& keys);

/// The server that the keys are for.
struct Served {
  std::vector<std::string> names;
  bool has_secret_path = false;
};

enum class Rotate : std::uint8_t {
  Keep,
  NewAll,
  NewAuthority,
  NewServing,
  DropOld,
  NewPath,
  DropOldPath,
};
const char* name(Rotate rotate);

struct Rotation {
  Rotate what = Rotate::Keep;
  std::string why;      // for the log; empty: Keep
  base::Duration look;  // of Keep: within this nothing is due
};

/// `trusted`: every webhook has exactly these authorities, and leads to path_in_use().
Rotation decide_rotation(const AdmissionKeys& keys, const Served& served, bool trusted,
                         base::WallTime now, const RotationTimes& times);

/// The keys after a decision: new ones are drawn. Errors: InvalidArgument: the authority cannot
/// sign, which a decision never leads to.
base::Result<AdmissionKeys> carry_out(const Rotation& rotation, const AdmissionKeys& keys,
                                      const Served& served, base::WallTime now,
                                      const RotationTimes& times);

/// Where callers are to be sent now: to the path before the newest until every replica knows that
/// one. Empty: there is none.
std::string path_in_use(const AdmissionKeys& keys, base::WallTime now, const RotationTimes& times);

/// Whether a server of these names can show them: readable, of one another, for these names.
bool can_serve(const AdmissionKeys& keys, const std::vector<std::string>& names);

}  // namespace op
