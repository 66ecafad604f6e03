#include "net/http_client.h"

#include <algorithm>
#include <limits>
#include <optional>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/message.hpp>
#include <fmt/format.h>

#include "aio/clock.h"
#include "aio/deadline.h"
#include "aio/event.h"

namespace net {

namespace http = boost::beast::http;
using boost::beast::string_view;
using boost::system::error_code;

namespace {

constexpr std::uint32_t kHeaderBytesMax = 64U << 10U;
constexpr base::Duration kIdleMost = base::seconds(90);

/// Takes the bytes of an answer and hands out its parts; Beast knows the framing.
class AnswerParser final : public http::basic_parser<false> {
 public:
  AnswerParser(const HttpClient::Sink& sink, const std::function<void()>& opened,
               std::size_t body_max, bool head)
      : sink_(sink), opened_(opened), body_max_(body_max) {
    header_limit(kHeaderBytesMax);
    body_limit(std::numeric_limits<std::uint64_t>::max());  // of 1.74: none refuses every length
    eager(true);
    skip(head);
  }

  HttpAnswer answer{};
  bool enough = false;  // the sink said so
  bool too_large = false;

 private:
  void on_request_impl(http::verb, string_view, string_view, int, error_code&) override {}
  void on_response_impl(int status, string_view, int, error_code&) override {
    answer.status = static_cast<unsigned>(status);
  }
  void on_field_impl(http::field, string_view name, string_view value, error_code&) override {
    answer.headers.push_back({std::string(name), std::string(value)});
  }
  void on_header_impl(error_code&) override {
    if (streams() && opened_) opened_();
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view bytes, error_code& error) override {
    take({bytes.data(), bytes.size()}, error);
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view bytes, error_code& error) override {
    take({bytes.data(), bytes.size()}, error);
    return bytes.size();
  }
  void on_finish_impl(error_code&) override {}

  bool streams() const { return sink_ && answer.status >= 200 && answer.status < 300; }

  void take(std::string_view bytes, error_code& error) {
    if (streams()) {
      enough = enough || !sink_(bytes);
      if (enough) error = http::error::end_of_stream;
      return;
    }
    too_large = answer.body.size() + bytes.size() > body_max_;
    if (too_large) {
      error = http::error::body_limit;
    } else {
      answer.body += bytes;
    }
  }

  const HttpClient::Sink& sink_;
  const std::function<void()>& opened_;
  std::size_t body_max_;
};

/// A connection and what came over it that nobody has taken yet.
class Wire final : public ConnectionEvents {
 public:
  Wire(const aio::Executor& executor, const Address& address, std::shared_ptr<TlsContext> tls)
      : happened(executor, aio::Event::Mode::Auto),
        tls_(std::move(tls)),
        connection_(tls_ ? make_tls(executor, address, tls_, *this)
                         : make_tcp(executor, address, *this)) {
    connection_->connect();
  }
  ~Wire() { connection_->close(); }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  bool connected() const { return connected_; }
  /// As far as it was heard of.
  bool is_idle() const { return connected_ && !failed && inbox.empty(); }
  /// Asks the kernel.
  bool stands() { return is_idle() && connection_->stands(); }
  /// As whom it was made.
  const std::shared_ptr<TlsContext>& tls() const { return tls_; }
  bool send(std::string_view bytes) { return connection_->send(bytes); }
  void abandon() { connection_->abandon(); }

  aio::Event happened;  // connected, bytes came, or it failed
  std::string inbox;
  std::optional<std::string> failed;
  bool closed_in_order = false;
  bool reusable = false;  // the last answer ended and left it open
  base::TimePoint idle_since{};

 private:
  void on_connected() override {
    connected_ = true;
    happened.set();
  }
  void on_data(std::string_view bytes) override {
    inbox += bytes;
    happened.set();
  }
  void on_failed(Failure failure, const std::string& detail) override {
    closed_in_order = failure == Failure::Closed;
    failed = detail;
    happened.set();
  }

  bool connected_ = false;
  std::shared_ptr<TlsContext> tls_;
  std::shared_ptr<Connection> connection_;
};

/// 100 Continue and the like: not the answer.
bool is_interim(unsigned status) {
  constexpr unsigned kSwitching = 101, kFirstAnswer = 200;
  return status < kFirstAnswer && status != kSwitching;
}

std::string text_of(const HttpCall& call, const Address& address) {
  const std::string host = address.text();
  std::size_t bytes = call.method.size() + call.target.size() + host.size() + call.body.size();
  for (const HttpHeader& header : call.headers) bytes += header.name.size() + header.value.size();
  constexpr std::size_t kWords = 64, kOfHeader = 4;  // what stands between
  std::string out;
  out.reserve(bytes + kWords + kOfHeader * call.headers.size());
  out.append(call.method).append(" ").append(call.target).append(" HTTP/1.1\r\nHost: ");
  out.append(host).append("\r\n");
  for (const HttpHeader& header : call.headers) {
    out.append(header.name).append(": ").append(header.value).append("\r\n");
  }
  const bool carries = call.method != "GET" && call.method != "HEAD" && call.method != "DELETE";
  if (carries || !call.body.empty()) {
    out.append("Content-Length: ").append(std::to_string(call.body.size())).append("\r\n");
  }
  return out.append("\r\n").append(call.body);
}

}  // namespace

bool is_plain(const HttpCall& call) {
  const auto plain = [](const std::string& text) {
    return std::none_of(text.begin(), text.end(), [](char c) {
      const auto byte = static_cast<unsigned char>(c);
      return (byte < 0x20 && c != '\t') || byte == 0x7f;
    });
  };
  return plain(call.method) && plain(call.target) && call.target.find(' ') == std::string::npos &&
         std::all_of(call.headers.begin(), call.headers.end(), [&](const HttpHeader& header) {
           return plain(header.name) && plain(header.value);
         });
}

const std::string* HttpAnswer::header(std::string_view name) const {
  return find_header(headers, name);
}

class HttpClient::Pool {
 public:
  Pool(aio::Executor executor, Address address, std::shared_ptr<TlsContext> tls,
       HttpClientLimits limits)
      : executor_(std::move(executor)),
        address_(std::move(address)),
        tls_(std::move(tls)),
        limits_(limits) {}

  aio::Task<base::Result<HttpAnswer>> run(HttpCall call, Sink sink, std::function<void()> opened,
                                          std::stop_token stop) {
    if (!is_plain(call)) {
      co_return base::fail(base::Code::InvalidArgument,
                           address_.text() + ": a control character in a request");
    }
    std::unique_ptr<Wire> wire = take();
    auto answer = co_await exchange(*wire, call, sink, opened, std::move(stop));
    if (!answer) {
      if (call.method != "GET") wire->abandon();
      idle_.clear();
      co_return answer;
    }
    // What was refused for who we are is not asked again over the same connection.
    constexpr unsigned kUnauthorized = 401;
    if (wire->reusable && answer->status != kUnauthorized) keep(std::move(wire));
    co_return answer;
  }

  void use(std::shared_ptr<TlsContext> tls) {
    tls_ = std::move(tls);
    idle_.clear();
  }
  std::uint64_t opened() const { return opened_; }

 private:
  aio::Task<base::Result<>> connected(Wire& wire, const HttpCall& call, std::stop_token stop) {
    if (wire.connected() || limits_.connect_max <= base::Duration::zero()) {
      co_return co_await until_connected(wire, call, std::move(stop));
    }
    auto wait = [this, &wire, &call](std::stop_token token) {
      return until_connected(wire, call, std::move(token));
    };
    aio::SystemClock clock;
    co_return co_await aio::with_deadline(clock, clock.now() + limits_.connect_max, std::move(stop),
                                          "connect to " + address_.text(), wait);
  }

  aio::Task<base::Result<>> until_connected(Wire& wire, const HttpCall& call,
                                            std::stop_token stop) {
    while (!wire.connected()) {
      if (wire.failed) co_return tl::unexpected(unavailable(*wire.failed).error());
      if (!co_await wire.happened.wait(stop)) co_return tl::unexpected(cancelled(call).error());
    }
    co_return base::Result<>{};
  }

  aio::Task<base::Result<HttpAnswer>> exchange(Wire& wire, const HttpCall& call, const Sink& sink,
                                               const std::function<void()>& opened,
                                               std::stop_token stop) {
    CO_TRY(co_await connected(wire, call, stop));
    if (stop.stop_requested()) co_return cancelled(call);
    if (!wire.send(text_of(call, address_))) co_return unavailable("the connection broke");
    std::optional<AnswerParser> parser;
    parser.emplace(sink, opened, limits_.body_bytes_max, call.method == "HEAD");
    for (;;) {
      error_code error = feed(*parser, wire.inbox);
      if (!error && !parser->is_done() && wire.failed) {
        if (!wire.closed_in_order || !parser->got_some()) co_return unavailable(*wire.failed);
        parser->put_eof(error);
        if (error) co_return unavailable("the connection was closed within the answer");
      }
      if (parser->enough) co_return std::move(parser->answer);
      if (parser->too_large) {
        co_return base::fail(base::Code::ResourceExhausted,
                             fmt::format("{}: an answer of more than {} bytes", address_.text(),
                                         limits_.body_bytes_max));
      }
      if (error) co_return unavailable("the answer is no HTTP: " + error.message());
      if (parser->is_done() && !is_interim(parser->answer.status)) break;
      if (parser->is_done()) {  // the answer itself is still to come
        parser.emplace(sink, opened, limits_.body_bytes_max, call.method == "HEAD");
        continue;
      }
      if (!co_await wire.happened.wait(stop)) co_return cancelled(call);
    }
    wire.reusable = parser->keep_alive();
    co_return std::move(parser->answer);
  }

  /// Everything that the parser can take of it.
  static error_code feed(AnswerParser& parser, std::string& inbox) {
    std::size_t used = 0;
    error_code error;
    while (used < inbox.size() && !parser.is_done()) {
      const std::size_t took =
          parser.put(boost::asio::buffer(inbox.data() + used, inbox.size() - used), error);
      used += took;
      if (error == http::error::need_more) {
        error = {};
        break;
      }
      if (error || took == 0) break;
    }
    inbox.erase(0, used);
    return error;
  }

  std::unique_ptr<Wire> take() {
    while (!idle_.empty()) {
      std::unique_ptr<Wire> wire = std::move(idle_.back());
      idle_.pop_back();
      if (aio::now() - wire->idle_since < kIdleMost && wire->stands()) return wire;
    }
    ++opened_;
    return std::make_unique<Wire>(executor_, address_, tls_);
  }
  void keep(std::unique_ptr<Wire> wire) {
    wire->happened.reset();
    wire->reusable = false;
    wire->idle_since = aio::now();
    // What the kernel knows of it is asked when it is used again.
    if (wire->tls() != tls_ || idle_.size() >= limits_.idle_max || !wire->is_idle()) return;
    idle_.push_back(std::move(wire));
  }

  base::Result<HttpAnswer> unavailable(const std::string& why) const {
    return base::fail(base::Code::Unavailable, fmt::format("{}: {}", address_.text(), why),
                      base::Retry::Backoff);
  }
  base::Result<HttpAnswer> cancelled(const HttpCall& call) const {
    return base::fail(base::Code::Cancelled,
                      fmt::format("{}: {} {} was cancelled", address_.text(), call.method,
                                  call.target.substr(0, call.target.find('?'))));
  }

  aio::Executor executor_;
  Address address_;
  std::shared_ptr<TlsContext> tls_;
  HttpClientLimits limits_;
  std::vector<std::unique_ptr<Wire>> idle_;
  std::uint64_t opened_ = 0;
};

HttpClient::HttpClient(aio::Executor executor, Address address, std::shared_ptr<TlsContext> tls,
                       HttpClientLimits limits)
    : pool_(std::make_shared<Pool>(std::move(executor), std::move(address), std::move(tls),
                                   limits)) {}
HttpClient::~HttpClient() = default;

aio::Task<base::Result<HttpAnswer>> HttpClient::exchange(HttpCall call, std::stop_token stop) {
  return pool_->run(std::move(call), {}, {}, std::move(stop));
}

aio::Task<base::Result<HttpAnswer>> HttpClient::stream(HttpCall call, Sink sink,
                                                       std::function<void()> opened,
                                                       std::stop_token stop) {
  return pool_->run(std::move(call), std::move(sink), std::move(opened), std::move(stop));
}

void HttpClient::use(std::shared_ptr<TlsContext> tls) {
  pool_->use(std::move(tls));
}

std::uint64_t HttpClient::opened() const {
  return pool_->opened();
}

}  // namespace net
