#include "sidecar/options_headers.h"

#include <CLI/CLI.hpp>

namespace sidecar {

void header_flags(CLI::App& app, RawHeaders& raw, Settings& settings) {
  app.add_option("--forwarded", raw.forwarded, "X-Forwarded-For, -Proto, -Host of a request")
      ->check(CLI::IsMember({"append", "replace", "off"}))
      ->capture_default_str();
  app.add_flag("--make-trace", settings.make_trace, "a traceparent for requests without one");
  app.add_flag("!--no-security-headers", settings.security_headers.on,
               "no headers that make browsers careful");
}

base::Result<> settle_headers(const RawHeaders& raw, Settings& settings) {
  settings.forwarded = raw.forwarded == "off"       ? Forwarded::Off
                       : raw.forwarded == "replace" ? Forwarded::Replace
                                                    : Forwarded::Append;
  return {};
}

}  // namespace sidecar
