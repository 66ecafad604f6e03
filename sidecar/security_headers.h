// Which headers make browsers careful, and what they say. Those that break no page that does not
// know of them are sent unless they are switched off; a policy of contents and the isolation of
// origins break such pages, so that they are there when somebody asks for them. Pure.
//
// A policy of contents may have the placeholder {nonce}, for a nonce that each response has for
// itself. A page that carries it cannot be told to anybody else: see session_cache.cpp.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "http1/head.h"

namespace sidecar {

inline constexpr std::string_view kNoncePlaceholder = "{nonce}";

/// An empty value: that header is not sent.
struct SecurityHeaders {
  bool on = true;
  bool replace = false;  // what the application says of one of these itself is left out
  std::string frame_options = "SAMEORIGIN";
  std::string referrer_policy = "strict-origin-when-cross-origin";
  std::string permissions_policy = "browsing-topics=(), serial=(), usb=()";
  std::string transport_security = "max-age=31536000";  // over TLS only
  std::string content_policy;
  std::string opener_policy, embedder_policy, resource_policy;  // Cross-Origin-…
  std::string nonce_header = "X-CSP-Nonce";                     // of a request, for the application

  bool gives_nonce() const {
    return on && content_policy.find(kNoncePlaceholder) != std::string::npos;
  }
  /// What may be in no trailer, of a request or a response: a server that merges trailers into the
  /// head would take it for the nonce that the sidecar told. Empty: nothing.
  /// Lifetime: it lies in here.
  std::string_view refused_trailer() const {
    return gives_nonce() ? std::string_view(nonce_header) : std::string_view();
  }
  bool operator==(const SecurityHeaders&) const = default;
};

/// Errors: InvalidArgument, naming the flag, its value and what is allowed.
base::Result<> check(const SecurityHeaders& headers);

/// Whether an application may read one for the other: CGI and what came after it make both
/// X_CSP_NONCE.
bool same_variable(std::string_view one, std::string_view other);

/// Whether a response may be a page that a nonce is written into: one of HTML or XML, or of which
/// nobody says what it is.
bool may_be_page(const http1::ResponseHead& head);

}  // namespace sidecar
