#include "probes/pg_address_url.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include <fmt/format.h>

#include "base/split.h"

namespace probes {
namespace {

constexpr std::array<std::string_view, 2> kSchemes{"postgresql://", "postgres://"};
constexpr std::array<std::string_view, 6> kTlsModes{"disable", "allow",     "prefer",
                                                    "require", "verify-ca", "verify-full"};

auto wrong(const std::string& message) {
  return base::fail(base::Code::InvalidArgument, message);
}

/// Source: RFC 3986, 2.1. A byte of 0 would end the text for libpq.
base::Result<std::string> decode(std::string_view what, std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const bool escaped = text.front() == '%';
    std::uint8_t byte = static_cast<std::uint8_t>(text.front());
    if (escaped) {
      const std::string_view digits = text.substr(1, 2);
      const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
      if (digits.size() != 2 || parsed.ptr != digits.data() + 2) byte = 0;
    }
    if (byte == 0) return wrong(fmt::format("the {} has an escape that is none", what));
    out += static_cast<char>(byte);
    text.remove_prefix(escaped ? 3 : 1);
  }
  return out;
}

base::Result<> set_host(PgAddress& address, std::string_view text) {
  if (text.find(',') != std::string_view::npos) return wrong("several hosts: one is asked");
  std::string_view host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return wrong("the host's bracket is open");
    host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    if (!port.empty() && port.front() != ':') return wrong("behind the host's bracket: a port");
    port.remove_prefix(port.empty() ? 0 : 1);
  } else {
    port = text;
    host = base::take_until(port, ':');
  }
  if (!host.empty()) {
    TRY(address.host, decode("host", host));
  }
  if (port.empty()) return {};
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), address.port);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == port.data() + port.size();
  return whole && address.port > 0 ? base::Result<>{} : wrong("the port is a number up to 65535");
}

base::Result<> set_parameter(PgAddress& address, std::string_view name, std::string_view text) {
  TRY(const std::string value, decode("parameter", text));
  if (name == "sslmode") {
    if (std::ranges::find(kTlsModes, value) == kTlsModes.end()) {
      return wrong("sslmode is " + fmt::format("{}", fmt::join(kTlsModes, ", ")));
    }
    address.tls = value;
  } else if (name == "sslrootcert") {
    address.ca_file = value;
  } else if (name == "application_name") {
    address.application = value;
  } else if (name == "host") {
    if (!value.starts_with('/')) return wrong("the parameter host is the folder of a Unix socket");
    address.host = value;
  } else if (name == "password") {
    return wrong("no password here: it comes from a file or the environment");
  } else {
    return wrong("a parameter is sslmode, sslrootcert, application_name or host");
  }
  return {};
}

base::Result<> set_user(PgAddress& address, std::string_view text) {
  if (text.find(':') != std::string_view::npos) {
    return wrong("no password here: it comes from a file or the environment");
  }
  TRY(address.user, decode("user", text));
  return address.user.empty() ? wrong("USER is needed") : base::Result<>{};
}

base::Result<PgAddress> parse(std::string_view rest) {
  PgAddress out;
  out.tls = "prefer";
  std::string_view parameters = rest;
  rest = base::take_until(parameters, '?');
  std::string_view database = rest;
  std::string_view place = base::take_until(database, '/');
  const std::size_t mark = place.rfind('@');
  if (mark == std::string_view::npos) return wrong("USER@ is needed");
  TRY(set_user(out, place.substr(0, mark)));
  TRY(set_host(out, place.substr(mark + 1)));
  TRY(out.database, decode("database", database));
  if (out.database.empty()) out.database = out.user;
  while (!parameters.empty()) {
    std::string_view value = base::take_until(parameters, '&');
    const std::string_view name = base::take_until(value, '=');
    TRY(set_parameter(out, name, value));
  }
  return out;
}

}  // namespace

base::Result<PgAddress> parse_pg_address(std::string_view url) {
  for (const std::string_view scheme : kSchemes) {
    if (!url.starts_with(scheme)) continue;
    auto address = parse(url.substr(scheme.size()));
    if (address) return address;
    return wrong(address.error().message + "; postgresql://USER@HOST:PORT/DATABASE");
  }
  return wrong("postgresql://USER@HOST:PORT/DATABASE");
}

}  // namespace probes
