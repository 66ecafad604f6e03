// Who the user of a request is: what a header says, else what a cookie says, else the client's
// address. All that is kept of it is a keyed hash, 64 bits of HMAC-SHA256, which is the same
// wherever the key of fingerprints is, and from which nobody comes back to a name without it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "alert/user_gate.h"
#include "limit/fingerprint.h"
#include "sidecar/exchange.h"
#include "sidecar/user_settings.h"

namespace sidecar {

/// Thread: any number at once.
class UserNames {
 public:
  UserNames(limit::FingerprintKey key, const UserSettings& settings);

  /// What a request's header or cookie says of it; nothing: neither does.
  std::optional<std::string_view> said(const http1::RequestHead& request) const;
  /// `name`: as said() has it; `client`: as Clients::of() has it.
  alert::UserId of(std::optional<std::string_view> name, const limit::Address& client) const;
  alert::UserId named(std::string_view name) const;
  alert::UserId at(const limit::Address& client) const;
  /// The settings' gate, with ranks and whether it is enforced.
  alert::UserGateSettings gate(const UserSettings& settings) const;

 private:
  void rank(const std::vector<std::string>& names, alert::Rank rank,
            alert::UserGateSettings& out) const;

  limit::Identifier identifier_;
  std::string header_, cookie_;
};

/// The 16 hexadecimal digits that people see.
std::string text(alert::UserId user);
/// Of the fields Cookie of a request: the first of that name. Empty counts as none.
/// Source: RFC 6265, 4.2.
std::optional<std::string_view> cookie_of(const http1::RequestHead& head, std::string_view name);

}  // namespace sidecar
