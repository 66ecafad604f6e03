// An HTTP proxy between us and servers of TLS, as companies have them: it is asked for a way to the
// server (CONNECT), and sees what is encrypted from then on. Which proxy, and for which servers, is
// said as curl, Go's programs and so kubectl have it: a URL, and a list of those that are reached
// without it. What is asked and what is understood of the answer is pure.
//
// Source: RFC 9110, 9.3.6; the documentation of Go's httpproxy.Config.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/connection.h"

namespace net {

struct Proxy {
  Address address;
  std::string authorization{};  // of Proxy-Authorization; empty: none
};

/// "http://user:password@proxy.example:3128", also without a scheme; port 80 where none is written.
/// Errors: InvalidArgument for what is no such URL; its password is not named.
base::Result<Proxy> parse_proxy(const std::string& url);

/// Whether NO_PROXY says that a server is reached without a proxy: "*"; a name, with those below
/// it;
/// ".example" those below alone; an address; a prefix "10.0.0.0/8"; each with ":port" or for all.
/// A server of this machine always is.
bool passes_by(std::string_view no_proxy, const Address& server);

/// What is said to a proxy for a way to the server.
std::string tunnel_request(const Proxy& proxy, const Address& server);

struct TunnelAnswer {
  unsigned status = 0;
  std::string reason;     // "Proxy Authentication Required"
  std::size_t bytes = 0;  // of the head
};
/// Of the bytes that came; nothing: its head is not whole yet.
/// Errors: Unavailable: no HTTP, or a head that does not end.
base::Result<std::optional<TunnelAnswer>> tunnel_answer(std::string_view bytes);

/// Connections that are made of the context from now on go through the proxy.
void go_through(TlsContext& context, Proxy proxy);

}  // namespace net
