#include "probes/http_stream.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "net/http_response.h"

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

std::string request_text(const HttpExchange& exchange, const net::Address& address, bool keep) {
  std::string out =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: muster-probe\r\n", exchange.method,
                  exchange.path, exchange.host.empty() ? address.text() : exchange.host);
  if (!keep) {
    out += "Connection: close\r\n";
  }
  if (exchange.method == "POST") {
    out += fmt::format("Content-Length: {}\r\n", exchange.body.size());
  }
  for (const auto& [name, value] : exchange.headers) {
    out += fmt::format("{}: {}\r\n", name, value);
  }
  return out + "\r\n" + (exchange.method == "POST" ? exchange.body : std::string());
}

class HttpOperation;

class HttpSlot final : public net::ConnectionEvents {
 public:
  HttpSlot(HttpOperation& stream, std::size_t number);

  void connect();
  void start();
  Completion abandon(Cause cause);
  void close();

  void on_connected() override;
  void on_data(std::string_view bytes) override;
  void on_failed(net::Failure failure, const std::string& detail) override;

 private:
  void send();
  void answered();
  void identify(Completion& completion);
  void end(const Completion& completion);

  HttpOperation& stream_;
  std::size_t number_;
  std::shared_ptr<net::Connection> connection_;
  net::HttpResponseParser parser_;
  std::string server_name_;  // the one that server_id_ is the number of
  std::uint16_t server_id_ = 0;
  bool connected_ = false;
  bool active_ = false;  // an operation waits
  bool sent_ = false;
  bool tried_ = false;
};

class HttpOperation final : public Operation {
 public:
  HttpOperation(LinkTarget target, HttpExchange exchange, Connections connections,
                ServerTable& servers)
      : target_(std::move(target)),
        exchange_(std::move(exchange)),
        connections_(connections),
        servers_(servers),
        request_(request_text(exchange_, target_.address, keeps())) {
    expected_.head = exchange_.method == "HEAD";
    expected_.body_contains = exchange_.body_contains;
    expected_.headers = {lower_case(exchange_.server_header), lower_case(exchange_.term_header)};
  }

  void open(const aio::Executor& executor, Completions& completions, std::size_t slots) override {
    executor_ = executor;
    completions_ = &completions;
    for (std::size_t number = 0; number < slots; ++number) {
      slots_.push_back(std::make_unique<HttpSlot>(*this, number));
      if (keeps()) {
        slots_.back()->connect();
      }
    }
  }
  void start(std::size_t slot, const Due&) override { slots_[slot]->start(); }
  Completion abandon(std::size_t slot, Cause cause) override {
    return slots_[slot]->abandon(cause);
  }
  void close() override {
    for (auto& slot : slots_) {
      slot->close();
    }
  }

  bool keeps() const { return connections_ == Connections::Open; }
  bool reconnects() const { return exchange_.reconnect || !keeps(); }
  const std::string& request() const { return request_; }
  const net::HttpExpectation& expected() const { return expected_; }
  std::shared_ptr<net::Connection> connection(net::ConnectionEvents& events) const {
    return target_.connection(executor_, events);
  }
  void done(std::size_t slot, const Completion& completion) {
    completions_->done(slot, completion);
  }
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
  LinkTarget target_;
  HttpExchange exchange_;
  Connections connections_;
  ServerTable& servers_;
  std::string request_;
  net::HttpExpectation expected_;
  aio::Executor executor_;
  Completions* completions_ = nullptr;
  std::vector<std::unique_ptr<HttpSlot>> slots_;
};

HttpSlot::HttpSlot(HttpOperation& stream, std::size_t number)
    : stream_(stream), number_(number), parser_(stream.expected()) {}

void HttpSlot::connect() {
  tried_ = true;
  connection_ = stream_.connection(*this);
  connection_->connect();
}

void HttpSlot::start() {
  active_ = true;
  sent_ = false;
  parser_.reset();
  if (connection_ == nullptr) {
    if (tried_ && !stream_.reconnects()) {
      end(Completion::fail(Cause::Refused));
      return;
    }
    connect();
  } else if (connected_) {
    send();
  }
}

void HttpSlot::on_connected() {
  connected_ = true;
  if (active_) {
    send();
  }
}

void HttpSlot::send() {
  sent_ = true;
  if (!connection_->send(stream_.request())) {
    sent_ = false;
    close();
    end(Completion::fail(Cause::Refused));
  }
}

void HttpSlot::on_data(std::string_view bytes) {
  if (!active_) {
    close();  // an answer nobody asked for, such as "408 Request Timeout" before closing
    return;
  }
  switch (parser_.feed(bytes)) {
    case net::HttpResponseParser::State::More: return;
    case net::HttpResponseParser::State::Done: answered(); return;
    case net::HttpResponseParser::State::Broken:
      close();
      end(sent_ ? Completion::info(Cause::Protocol) : Completion::fail(Cause::Protocol));
  }
}

void HttpSlot::on_failed(net::Failure failure, const std::string&) {
  close();
  if (!active_) {
    return;
  }
  if (failure == net::Failure::Closed && parser_.closed() == net::HttpResponseParser::State::Done) {
    answered();
    return;
  }
  end(completion_of(failure, sent_));
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

void HttpSlot::end(const Completion& completion) {
  active_ = false;
  if (!stream_.keeps()) {
    close();
  }
  stream_.done(number_, completion);
}

Completion HttpSlot::abandon(Cause cause) {
  const Completion known = completion_of(cause, connected_, sent_);
  active_ = false;
  close();
  return known;
}

void HttpSlot::close() {
  if (connection_ != nullptr) {
    connection_->close();
    connection_.reset();
  }
  connected_ = false;
}
}  // namespace

base::Result<std::unique_ptr<Operation>> make_http_operation(LinkTarget target,
                                                             HttpExchange exchange,
                                                             Connections connections,
                                                             ServerTable& servers) {
  TRY(check(exchange));
  return std::make_unique<HttpOperation>(std::move(target), std::move(exchange), connections,
                                         servers);
}

}  // namespace probes
