#include "probes/http_stream.h"

#include <algorithm>
#include <charconv>

#include "probes/http_slot.h"

namespace probes {

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

class HttpOperation;

class HttpSlot final : public HttpAnswerSlot {
 public:
  HttpSlot(HttpOperation& stream, std::size_t number);

 private:
  void reset() override { parser_.reset(); }
  void send() override;
  net::HttpResponseParser& answer() override { return parser_; }
  void answered() override;
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
        address_(target.address),
        request_(request_text(exchange_, address_)) {
    expected_.head = exchange_.method == "HEAD";
    expected_.body_contains = exchange_.body_contains;
    expected_.headers = {lower_case(exchange_.server_header), lower_case(exchange_.term_header)};
  }

  const std::string& request() {
    if (exchange_.signer) request_ = request_text(exchange_, address_);
    return request_;
  }
  const net::HttpExpectation& expected() const { return expected_; }
  std::uint16_t server(const std::string& name) { return servers_.id(name, exchange_.instance); }

  Completion judged(unsigned status, bool found) const { return judge(exchange_, status, found); }

 private:
  std::unique_ptr<LinkSlot> make_slot(std::size_t number) override {
    return std::make_unique<HttpSlot>(*this, number);
  }

  HttpExchange exchange_;
  ServerTable& servers_;
  const net::Address address_;
  std::string request_;
  net::HttpExpectation expected_;
};

HttpSlot::HttpSlot(HttpOperation& stream, std::size_t number)
    : HttpAnswerSlot(stream, number), stream_(stream), parser_(stream.expected()) {}

void HttpSlot::send() {
  transmit(stream_.request());
}

void HttpSlot::answered() {
  Completion completion = stream_.judged(parser_.status(), parser_.found());
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
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(term.data(), term.data() + term.size(), number);
  const bool whole = error == std::errc() && end == term.data() + term.size();
  if (whole) completion.server_term = number;  // half a number would be a term of its own
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
