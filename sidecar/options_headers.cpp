#include "sidecar/options_headers.h"

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace sidecar {

namespace {

constexpr const char* kOff = "off";

/// Of what is not sent unless it is asked for, the flag's default is "off".
struct Policy {
  const char* flag;
  std::string SecurityHeaders::* value;
  std::vector<std::string> words;  // none: any text
  const char* help;
};

const std::vector<Policy>& policies() {
  static const std::vector<Policy> kPolicies = {
      {"--frame-options",
       &SecurityHeaders::frame_options,
       {"DENY", "SAMEORIGIN", kOff},
       "X-Frame-Options: who may show a page in a frame"},
      {"--referrer-policy",
       &SecurityHeaders::referrer_policy,
       {"no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin",
        "origin-when-cross-origin", "strict-origin-when-cross-origin", "unsafe-url", kOff},
       "Referrer-Policy: what is told of where somebody comes from"},
      {"--permissions-policy",
       &SecurityHeaders::permissions_policy,
       {},
       "Permissions-Policy, or off: what pages may use of the browser"},
      {"--strict-transport-security",
       &SecurityHeaders::transport_security,
       {},
       "over TLS, or off: for how long nothing else is spoken"},
      {"--content-security-policy",
       &SecurityHeaders::content_policy,
       {},
       "Content-Security-Policy, or off; 'nonce-{nonce}' in it is another one in each response"},
      {"--cross-origin-opener-policy",
       &SecurityHeaders::opener_policy,
       {"unsafe-none", "same-origin-allow-popups", "same-origin", "noopener-allow-popups", kOff},
       "with whom a page shares its window"},
      {"--cross-origin-embedder-policy",
       &SecurityHeaders::embedder_policy,
       {"unsafe-none", "require-corp", "credentialless", kOff},
       "what a page may load of others"},
      {"--cross-origin-resource-policy",
       &SecurityHeaders::resource_policy,
       {"same-site", "same-origin", "cross-origin", kOff},
       "who may load what is answered"},
  };
  return kPolicies;
}

void security_flags(CLI::App& app, RawHeaders& raw, SecurityHeaders& headers) {
  app.add_flag("!--no-security-headers", headers.on, "no headers that make browsers careful");
  app.add_option("--own-security-headers", raw.own,
                 "those of them that the application sets: keep them, or replace them")
      ->check(CLI::IsMember({"keep", "replace"}))
      ->capture_default_str();
  for (const Policy& policy : policies()) {
    std::string& value = headers.*policy.value;
    if (value.empty()) value = kOff;
    auto* const option = app.add_option(policy.flag, value, policy.help)->capture_default_str();
    if (!policy.words.empty()) option->check(CLI::IsMember(policy.words));
  }
  app.add_option("--nonce-header", headers.nonce_header,
                 "the header of a request that tells the application the nonce")
      ->capture_default_str();
}

}  // namespace

void header_flags(CLI::App& app, RawHeaders& raw, Settings& settings) {
  app.add_option("--forwarded", raw.forwarded, "X-Forwarded-For, -Proto, -Host of a request")
      ->check(CLI::IsMember({"append", "replace", "off"}))
      ->capture_default_str();
  app.add_flag("--make-trace", settings.make_trace, "a traceparent for requests without one");
  security_flags(app, raw, settings.security_headers);
}

base::Result<> settle_headers(const RawHeaders& raw, Settings& settings) {
  settings.forwarded = raw.forwarded == "off"       ? Forwarded::Off
                       : raw.forwarded == "replace" ? Forwarded::Replace
                                                    : Forwarded::Append;
  SecurityHeaders& headers = settings.security_headers;
  headers.replace = raw.own == "replace";
  for (const Policy& policy : policies()) {
    std::string& value = headers.*policy.value;
    if (value == kOff) value.clear();
  }
  return check(headers);
}

}  // namespace sidecar
