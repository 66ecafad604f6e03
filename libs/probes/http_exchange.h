// One HTTP request and what its answer means, whatever carries the bytes: the streams of probes
// (http_stream.h, session_stream.h, feature_stream.h) and the users of the load (http_load.h) ask
// and judge alike.
//   expected status and body           Ok
//   another answer to GET or HEAD      Fail: Unavailable (502, 503, 504) or Rejected
//   another answer to POST             4xx is Fail; else Info, because something may have happened
// Redirects are not followed: an answer is an answer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/node.h"
#include "net/cookies.h"
#include "net/http_response.h"
#include "probes/drill_signer.h"
#include "probes/link.h"

namespace probes {

struct HttpExchange {
  std::string method = "GET";  // GET, HEAD, POST
  std::string path = "/";
  std::string host;  // the Host header; empty: the address
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;                // POST
  std::vector<unsigned> statuses;  // empty: 200 to 299
  std::string body_contains;       // empty: not looked at
  std::string server_header;       // names the server that answered; empty: none does
  std::string term_header;         // a number that grows with every failover; empty: none does
  std::string instance;            // pinned streams: the plan's name of the server
  bool reconnect = true;           // open connections: false pins to those opened at first
  std::shared_ptr<const DrillSigner> signer;  // null: it is not signed
};

/// Errors: InvalidArgument for a method, path or header that cannot be sent.
base::Result<> check(const HttpExchange& exchange);
/// The bytes, of now: what is signed is not kept for later. `cookies`: the value of a Cookie
/// header, none where it is empty.
std::string request_text(const HttpExchange& exchange, const net::Address& address,
                         const std::string& cookies = "");
bool expected_status(const HttpExchange& exchange, unsigned status);
/// `found`: body_contains is in the body.
Completion judge(const HttpExchange& exchange, unsigned status, bool found);

/// A list of statuses as a plan writes them. Errors: InvalidArgument naming the text.
base::Result<std::vector<unsigned>> statuses_of(const std::vector<std::string>& texts);
/// Every `$name` in path, body and expected text replaced.
HttpExchange filled(HttpExchange exchange, std::string_view name, std::uint64_t value);

/// Where the `url`, `caFile` and `insecure` of a probe lead to, and who signs what is asked there.
struct HttpSite {
  LinkTarget target;
  std::string path;                           // of the URL, with the query
  std::shared_ptr<const DrillSigner> signer;  // by `drillKeyFile`; null: nobody
};
/// `names`: where a host name is looked up; null: as this machine does. `drill`: whose requests
/// they are. Errors: InvalidArgument naming the URL or the file.
base::Result<HttpSite> http_site(const api::Node& params, std::shared_ptr<net::Names> names,
                                 const std::string& drill);

/// A request to it, from `path`, `method`, `body`, `status` and `contains`.
/// Errors: InvalidArgument for a status that is none.
base::Result<HttpExchange> request_of(const api::Node& node, const HttpSite& site);

/// An exchange under way: what is sent, and the answer as far as it has come.
class HttpAsk {
 public:
  HttpAsk() = default;
  HttpAsk(const HttpAsk&) = delete;
  HttpAsk& operator=(const HttpAsk&) = delete;

  /// Forgets the last one.
  void begin(HttpExchange exchange, const net::Address& address, const net::CookieJar& cookies);
  const std::string& text() const { return text_; }
  const HttpExchange& exchange() const { return exchange_; }
  net::HttpResponseParser& answer() { return parser_; }
  Completion judged() const { return judge(exchange_, parser_.status(), parser_.found()); }
  /// Its status is a good one, whatever is in the body.
  bool expected() const { return expected_status(exchange_, parser_.status()); }
  /// Keeps the cookies of the answer.
  void give_cookies(net::CookieJar& jar) const;
  /// What the answer says of the time in the database, in its header Server-Timing; zero: nothing.
  base::Duration database_time() const;

 private:
  HttpExchange exchange_;
  std::string text_;
  net::HttpExpectation expected_{false, "", {}, {"set-cookie", "server-timing"}};
  net::HttpResponseParser parser_{expected_};
};

}  // namespace probes
