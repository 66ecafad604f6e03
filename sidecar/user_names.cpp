#include "sidecar/user_names.h"

#include <utility>

#include "http1/head.h"
#include "limit/client.h"

namespace sidecar {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<std::string_view> cookie_in(std::string_view pairs, std::string_view name) {
  while (!pairs.empty()) {
    const std::size_t end = pairs.find(';');
    const std::string_view pair = trimmed(pairs.substr(0, end));
    pairs.remove_prefix(end == std::string_view::npos ? pairs.size() : end + 1);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
    if (equals + 1 < pair.size()) return pair.substr(equals + 1);
  }
  return std::nullopt;
}

}  // namespace

std::string text(alert::UserId user) {
  return limit::text(limit::Fingerprint{user.value()});
}

std::optional<std::string_view> cookie_of(const http1::RequestHead& head, std::string_view name) {
  for (const auto* field = http1::find(head, "cookie"); field != nullptr;
       field = http1::find(head, "cookie", field)) {
    if (const auto value = cookie_in(field->value, name)) return value;
  }
  return std::nullopt;
}

UserNames::UserNames(limit::FingerprintKey key, const UserSettings& settings)
    : identifier_(key), header_(settings.header), cookie_(settings.cookie) {}

std::optional<std::string_view> UserNames::said(const http1::RequestHead& request) const {
  if (!header_.empty()) {
    const auto* const field = http1::find(request, header_);
    if (field != nullptr && !field->value.empty()) return field->value;
  }
  return cookie_.empty() ? std::nullopt : cookie_of(request, cookie_);
}

alert::UserId UserNames::of(std::optional<std::string_view> name,
                            const limit::Address& client) const {
  return name ? named(*name) : at(client);
}

alert::UserId UserNames::named(std::string_view name) const {
  return alert::UserId(identifier_.named("user", name).value);
}

alert::UserId UserNames::at(const limit::Address& client) const {
  return alert::UserId(identifier_.named("client", limit::text(client)).value);
}

void UserNames::rank(const std::vector<std::string>& names, alert::Rank rank,
                     alert::UserGateSettings& out) const {
  for (const std::string& name : names) {
    out.ranks[named(name)] = rank;
    const auto address = limit::parse_address(name);
    if (address) out.ranks[at(limit::bucket_of(*address))] = rank;
  }
}

alert::UserGateSettings UserNames::gate(const UserSettings& settings) const {
  alert::UserGateSettings out = settings.gate;
  out.enforced = settings.mode == Limiting::On;
  rank(settings.high, alert::Rank::High, out);
  rank(settings.low, alert::Rank::Low, out);
  return out;
}

}  // namespace sidecar
