#include "net/proxy.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <fmt/format.h>

#include "crypto/base64.h"
#include "net/tls_context.h"

namespace net {

namespace ip = boost::asio::ip;
using boost::system::error_code;

namespace {

constexpr std::size_t kHeadBytesMax = std::size_t{16} << 10U;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

/// Without the escapes of a URL. Nothing: one that is cut off or none.
std::optional<std::string> unescaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    const std::string_view two = text.substr(at + 1, 2);
    unsigned value = 0;
    const auto read = std::from_chars(two.data(), two.data() + two.size(), value, 16);
    if (two.size() != 2 || read.ptr != two.data() + two.size()) return std::nullopt;
    out += static_cast<char>(value);
    at += 2;
  }
  return out;
}

tl::unexpected<base::Error> wrong(std::string_view shown) {
  return base::fail(base::Code::InvalidArgument,
                    fmt::format("proxy '{}': http://HOST:PORT is needed, with USER:PASSWORD@ "
                                "before the host where it asks for them",
                                shown));
}

/// An item of NO_PROXY: what it names, and for which port.
struct Item {
  std::string what;
  std::uint16_t port = 0;  // all
};

Item item_of(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const bool six = text.find(':') != colon && !text.starts_with('[');
  Item out{lower(text)};
  if (colon != std::string_view::npos && !six && text.back() != ']') {
    const std::string_view port = text.substr(colon + 1);
    std::from_chars(port.data(), port.data() + port.size(), out.port);
    out.what = lower(text.substr(0, colon));
  }
  if (out.what.starts_with('[') && out.what.ends_with(']')) {
    out.what = out.what.substr(1, out.what.size() - 2);
  }
  return out;
}

bool is_within(const ip::address& address, const std::string& prefix) {
  error_code error;
  if (address.is_v4()) {
    const auto network = ip::make_network_v4(prefix, error);
    return !error && ip::network_v4(address.to_v4(), network.prefix_length()).canonical() ==
                         network.canonical();
  }
  const auto network = ip::make_network_v6(prefix, error);
  return !error && ip::network_v6(address.to_v6(), network.prefix_length()).canonical() ==
                       network.canonical();
}

bool names(const Item& item, const std::string& host, const Address& server) {
  if (item.what == "*") return true;
  if (item.port != 0 && item.port != server.port) return false;
  error_code none;
  const ip::address address = ip::make_address(server.host, none);
  if (!none) {
    error_code other;
    const ip::address one = ip::make_address(item.what, other);
    return other ? is_within(address, item.what) : one == address;
  }
  std::string_view name = item.what;
  if (name.starts_with("*.")) name.remove_prefix(1);
  if (name.starts_with('.')) return host.ends_with(name);
  return host == name || host.ends_with("." + std::string(name));
}

bool is_here(const std::string& host) {
  error_code none;
  const ip::address address = ip::make_address(host, none);
  return host == "localhost" || (!none && address.is_loopback());
}

}  // namespace

base::Result<Proxy> parse_proxy(const std::string& url) {
  const std::size_t scheme = url.find("://");
  std::string_view rest = url;
  if (scheme != std::string::npos) rest.remove_prefix(scheme + 3);
  const std::size_t at = rest.rfind('@');
  // A password with a '/' that somebody forgot to escape: it is not shown for that.
  const bool cut = at != std::string_view::npos && rest.find('/') < at;
  const std::string_view who = at == std::string_view::npos ? "" : rest.substr(0, at);
  if (at != std::string_view::npos) rest.remove_prefix(at + 1);
  rest = rest.substr(0, rest.find('/'));
  const std::string shown = scheme == std::string::npos
                                ? std::string(rest)
                                : url.substr(0, scheme + 3) + std::string(rest);
  if (scheme != std::string::npos && lower(url.substr(0, scheme)) != "http") return wrong(shown);
  if (cut) return wrong(shown);
  std::string host(rest);
  const std::size_t bracket = host.rfind(']');
  if (host.find(':', bracket == std::string::npos ? 0 : bracket) == std::string::npos) {
    host += ":80";
  }
  const auto address = Address::parse(host);
  auto words = unescaped(who);
  const auto odd = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; };
  if (!address || !words || std::ranges::any_of(address->host, odd)) return wrong(shown);
  Proxy out{*address};
  if (!words->empty() && words->find(':') == std::string::npos) *words += ':';
  if (!words->empty()) out.authorization = "Basic " + crypto::base64_encode(*words);
  return out;
}

bool passes_by(std::string_view no_proxy, const Address& server) {
  std::string host = lower(server.host);
  if (host.ends_with('.')) host.pop_back();
  if (is_here(host)) return true;
  while (!no_proxy.empty()) {
    std::string_view text = no_proxy.substr(0, no_proxy.find(','));
    no_proxy.remove_prefix(std::min(text.size() + 1, no_proxy.size()));
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    if (!text.empty() && names(item_of(text), host, server)) return true;
  }
  return false;
}

std::string tunnel_request(const Proxy& proxy, const Address& server) {
  std::string out = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", server.text());
  if (!proxy.authorization.empty()) {
    out += "Proxy-Authorization: " + proxy.authorization + "\r\n";
  }
  return out + "\r\n";
}

base::Result<std::optional<TunnelAnswer>> tunnel_answer(std::string_view bytes) {
  const auto no_http = [] {
    return base::fail(base::Code::Unavailable, "what it answers is no HTTP", base::Retry::Backoff);
  };
  constexpr std::string_view kBegin = "HTTP/1.", kEnd = "\r\n\r\n";
  constexpr std::size_t kStatusAt = kBegin.size() + 2, kReasonAt = kStatusAt + 4;
  if (!bytes.starts_with(kBegin.substr(0, bytes.size()))) return no_http();
  const std::size_t end = bytes.find(kEnd);
  if (end == std::string_view::npos) {
    if (bytes.size() > kHeadBytesMax) return no_http();
    return std::nullopt;
  }
  const std::string_view line = bytes.substr(0, bytes.find("\r\n"));
  if (line.size() < kStatusAt + 3) return no_http();
  TunnelAnswer out;
  const char* const digits = line.data() + kStatusAt;
  const auto read = std::from_chars(digits, digits + 3, out.status);
  if (read.ptr != digits + 3 || out.status < 100) return no_http();
  if (line.size() > kReasonAt) out.reason = line.substr(kReasonAt);
  out.bytes = end + kEnd.size();
  return out;
}

void go_through(TlsContext& context, Proxy proxy) {
  context.proxy = std::move(proxy);
}

}  // namespace net
