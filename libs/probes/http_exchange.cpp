#include "probes/http_exchange.h"

#include <algorithm>

#include <fmt/format.h>

#include "aio/clock.h"
#include "net/server_timing.h"
#include "net/url.h"

namespace probes {

using drill::Cause;

namespace {
constexpr std::size_t kCookies = 0;  // indexes into HttpExpectation::repeated
constexpr std::size_t kTimings = 1;

bool breaks_line(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; });
}

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

/// Servers read a body only as what it is said to be: as a form's, unless it is plainly JSON.
const char* type_of(const std::string& body) {
  const bool json = body.front() == '{' || body.front() == '[';
  return json ? "application/json" : "application/x-www-form-urlencoded";
}
}  // namespace

base::Result<> check(const HttpExchange& exchange) {
  const auto wrong = [](std::string what) {
    return base::fail(base::Code::InvalidArgument, "http: " + what);
  };
  if (exchange.method != "GET" && exchange.method != "HEAD" && exchange.method != "POST") {
    return wrong(fmt::format("method '{}': GET, HEAD or POST is allowed", exchange.method));
  }
  if (exchange.path.empty() || exchange.path.front() != '/' || breaks_line(exchange.path) ||
      exchange.path.find(' ') != std::string::npos) {
    return wrong(fmt::format("path '{}': it begins with / and has no blanks", exchange.path));
  }
  for (const auto& [name, value] : exchange.headers) {
    if (name.empty() || breaks_line(name) || breaks_line(value) ||
        name.find_first_of(": ") != std::string::npos) {
      return wrong(fmt::format("header '{}' cannot be sent", name));
    }
  }
  return breaks_line(exchange.host) ? wrong("the host has a control character") : base::Result<>{};
}

// Without "Connection: close": who ends the connection is the prober. A server that closes right
// behind its answer would lose it on a link that delays (targets/relay.h).
std::string request_text(const HttpExchange& exchange, const net::Address& address,
                         const std::string& cookies) {
  std::string out =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: muster-probe\r\n", exchange.method,
                  exchange.path, exchange.host.empty() ? address.text() : exchange.host);
  if (exchange.method == "POST") {
    out += fmt::format("Content-Length: {}\r\n", exchange.body.size());
    if (!exchange.body.empty()) out += fmt::format("Content-Type: {}\r\n", type_of(exchange.body));
  }
  if (!cookies.empty()) out += fmt::format("Cookie: {}\r\n", cookies);
  if (exchange.signer) out += exchange.signer->line(exchange.method, exchange.path);
  for (const auto& [name, value] : exchange.headers) {
    out += fmt::format("{}: {}\r\n", name, value);
  }
  return out + "\r\n" + (exchange.method == "POST" ? exchange.body : std::string());
}

bool expected_status(const HttpExchange& exchange, unsigned status) {
  const auto& wanted = exchange.statuses;
  return wanted.empty() ? status >= 200 && status < 300
                        : std::find(wanted.begin(), wanted.end(), status) != wanted.end();
}

Completion judge(const HttpExchange& exchange, unsigned status, bool found) {
  const bool expected = expected_status(exchange, status);
  if (expected && found) {
    return Completion::ok();
  }
  const bool away = status == 502 || status == 503 || status == 504;
  const Cause cause = away && !expected ? Cause::Unavailable : Cause::Rejected;
  const bool nothing_done = exchange.method != "POST" || (status >= 400 && status < 500);
  return nothing_done ? Completion::fail(cause) : Completion::info(cause);
}

base::Result<std::vector<unsigned>> statuses_of(const std::vector<std::string>& texts) {
  std::vector<unsigned> out;
  for (const std::string& text : texts) {
    unsigned status = 0;
    for (const char c : text)
      status = status * 10 + (c >= '0' && c <= '9' ? unsigned(c - '0') : 1000U);
    if (status < 100 || status > 599) {
      return base::fail(base::Code::InvalidArgument,
                        fmt::format("status: '{}' is none; 100 to 599 are allowed", text));
    }
    out.push_back(status);
  }
  return out;
}

HttpExchange filled(HttpExchange exchange, std::string_view name, std::uint64_t value) {
  const std::string what = fmt::format("${}", name);
  const std::string with = std::to_string(value);
  replace_all(exchange.path, what, with);
  replace_all(exchange.body, what, with);
  replace_all(exchange.body_contains, what, with);
  return exchange;
}

base::Result<HttpSite> http_site(const api::Node& params, std::shared_ptr<net::Names> names,
                                 const std::string& drill) {
  TRY(const net::Url url, net::parse_url(params["url"].as_string()));
  HttpSite site;
  site.target.address = url.address;
  site.target.address.names = std::move(names);
  site.path = url.path;
  TRY(site.signer, DrillSigner::find(params["drillKeyFile"].as_string(), drill));
  if (url.tls) {
    net::TlsOptions tls;
    tls.ca_file = params["caFile"].as_string();
    tls.server_name = url.address.host;
    tls.insecure = params["insecure"].as_bool(false);
    TRY(site.target.tls, net::make_tls_context(tls));
  }
  return site;
}

base::Result<HttpExchange> request_of(const api::Node& node, const HttpSite& site) {
  HttpExchange out;
  out.method = node["method"].as_string();
  out.path = node["path"].as_string();
  out.host = site.target.address.text();
  out.body = node["body"].as_string();
  out.body_contains = node["contains"].as_string();
  out.signer = site.signer;
  TRY(out.statuses, statuses_of(node["status"].as_strings()));
  return out;
}

void HttpAsk::begin(HttpExchange exchange, const net::Address& address,
                    const net::CookieJar& cookies) {
  exchange_ = std::move(exchange);
  text_ = request_text(exchange_, address, cookies.header());
  expected_.head = exchange_.method == "HEAD";
  expected_.body_contains = exchange_.body_contains;
  parser_.reset();
}

void HttpAsk::give_cookies(net::CookieJar& jar) const {
  for (const std::string& cookie : parser_.values(kCookies)) jar.take(cookie, aio::wall_now());
}

base::Duration HttpAsk::database_time() const {
  double millis = 0;
  for (const std::string& timing : parser_.values(kTimings)) {
    millis += net::server_timing_millis(timing, "db");
  }
  return std::chrono::duration_cast<base::Duration>(
      std::chrono::duration<double, std::milli>(millis));
}

}  // namespace probes
