#include "probes/http_stream.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "net/http_response.h"
#include "probes/link_operation.h"

namespace probes {

using drill::Cause;

namespace {
constexpr std::size_t kServerHeader = 0;  // indexes into HttpExpectation::headers
constexpr std::size_t kTermHeader = 1;

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

bool breaks_line(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; });
}

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
std::string request_text(const HttpExchange& exchange, const net::Address& address) {
  std::string out =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: muster-probe\r\n", exchange.method,
                  exchange.path, exchange.host.empty() ? address.text() : exchange.host);
  if (exchange.method == "POST") {
    out += fmt::format("Content-Length: {}\r\n", exchange.body.size());
  }
  for (const auto& [name, value] : exchange.headers) {
    out += fmt::format("{}: {}\r\n", name, value);
  }
  return out + "\r\n" + (exchange.method == "POST" ? exchange.body : std::string());
}

class HttpOperation;

class HttpSlot final : public LinkSlot {
 public:
  HttpSlot(HttpOperation& stream, std::size_t number);

 private:
  void reset() override { parser_.reset(); }
  void send() override;
  void take(std::string_view bytes) override;
  bool ended_by_close() override;
  void answered();
  void identify(Completion& completion);

  HttpOperation& stream_;
  net::HttpResponseParser parser_;
  std::string server_name_;  // the one that server_id_ is the number of
  std::uint16_t server_id_ = 0;
};

class HttpOperation final : public LinkOperation {
 public:
  HttpOperation(const LinkTarget& target, HttpExchange exchange, Connections connections,
                ServerTable& servers)
      : LinkOperation(target, connections, exchange.reconnect),
        exchange_(std::move(exchange)),
        servers_(servers),
        request_(request_text(exchange_, target.address)) {
    expected_.head = exchange_.method == "HEAD";
    expected_.body_contains = exchange_.body_contains;
    expected_.headers = {lower_case(exchange_.server_header), lower_case(exchange_.term_header)};
  }

  const std::string& request() const { return request_; }
  const net::HttpExpectation& expected() const { return expected_; }
  std::uint16_t server(const std::string& name) { return servers_.id(name, exchange_.instance); }

  Completion judge(unsigned status, bool found) const {
    const auto& wanted = exchange_.statuses;
    const bool expected = wanted.empty()
                              ? status >= 200 && status < 300
                              : std::find(wanted.begin(), wanted.end(), status) != wanted.end();
    if (expected && found) {
      return Completion::ok();
    }
    const bool away = status == 502 || status == 503 || status == 504;
    const Cause cause = away && !expected ? Cause::Unavailable : Cause::Rejected;
    const bool nothing_done = exchange_.method != "POST" || (status >= 400 && status < 500);
    return nothing_done ? Completion::fail(cause) : Completion::info(cause);
  }

 private:
  std::unique_ptr<LinkSlot> make_slot(std::size_t number) override {
    return std::make_unique<HttpSlot>(*this, number);
  }

  HttpExchange exchange_;
  ServerTable& servers_;
  std::string request_;
  net::HttpExpectation expected_;
};

HttpSlot::HttpSlot(HttpOperation& stream, std::size_t number)
    : LinkSlot(stream, number), stream_(stream), parser_(stream.expected()) {}

void HttpSlot::send() {
  transmit(stream_.request());
}

void HttpSlot::take(std::string_view bytes) {
  switch (parser_.feed(bytes)) {
    case net::HttpResponseParser::State::More: return;
    case net::HttpResponseParser::State::Done: answered(); return;
    case net::HttpResponseParser::State::Broken: end_broken();
  }
}

bool HttpSlot::ended_by_close() {
  const bool done = parser_.closed() == net::HttpResponseParser::State::Done;
  if (done) {
    answered();
  }
  return done;
}

void HttpSlot::answered() {
  Completion completion = stream_.judge(parser_.status(), parser_.found());
  identify(completion);
  if (!parser_.keep_alive()) {
    close();
  }
  end(completion);
}

void HttpSlot::identify(Completion& completion) {
  const std::string& name = parser_.header(kServerHeader);
  if (!name.empty()) {
    if (name != server_name_) {
      server_id_ = stream_.server(name);
      server_name_ = name;
    }
    completion.server_id = server_id_;
  }
  const std::string& term = parser_.header(kTermHeader);
  std::from_chars(term.data(), term.data() + term.size(), completion.server_term);
}
}  // namespace

base::Result<std::unique_ptr<Operation>> make_http_operation(LinkTarget target,
                                                             HttpExchange exchange,
                                                             Connections connections,
                                                             ServerTable& servers) {
  TRY(check(exchange));
  return std::make_unique<HttpOperation>(target, std::move(exchange), connections, servers);
}

}  // namespace probes
