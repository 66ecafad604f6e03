// TLS over TCP. The system's or a given authority verifies the peer and its name; protocols before
// TLS 1.2 are refused. A context is shared by the connections of a stream, since loading the
// authorities costs far more than a handshake.
#include <array>
#include <deque>
#include <utility>

#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <openssl/ssl.h>

#include "net/connecting.h"
#include "net/connection.h"
#include "net/tls_context.h"

namespace net {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;

namespace {

base::Result<> readable(const std::string& what, const error_code& error) {
  if (!error) return {};
  return base::fail(base::Code::InvalidArgument, fmt::format("{}: {}", what, error.message()));
}

base::Result<> trust(ssl::context& context, const TlsOptions& options) {
  error_code error;
  if (options.ca_file.empty() && options.ca.empty()) context.set_default_verify_paths(error);
  TRY(readable("the system's certificate authorities", error));
  if (!options.ca_file.empty()) context.load_verify_file(options.ca_file, error);
  TRY(readable("CA file " + options.ca_file, error));
  if (!options.ca.empty()) context.add_certificate_authority(asio::buffer(options.ca), error);
  return readable("certificate authority", error);
}

base::Result<> identify(ssl::context& context, const TlsOptions& options) {
  if (options.certificate.empty() && options.key.empty()) return {};
  error_code error;
  context.use_certificate_chain(asio::buffer(options.certificate), error);
  TRY(readable("client certificate", error));
  context.use_private_key(asio::buffer(options.key), ssl::context::pem, error);
  return readable("client key", error);
}

}  // namespace

base::Result<std::shared_ptr<TlsContext>> make_tls_context(const TlsOptions& options) {
  auto out = std::make_shared<TlsContext>(options);
  error_code error;
  out->context.set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                               ssl::context::no_sslv3 | ssl::context::no_tlsv1 |
                               ssl::context::no_tlsv1_1,
                           error);
  TRY(identify(out->context, options));
  out->context.set_verify_mode(options.insecure ? ssl::verify_none : ssl::verify_peer, error);
  if (!options.insecure) TRY(trust(out->context, options));
  return out;
}

base::Result<std::shared_ptr<TlsContext>> make_tls_context_of(const std::string& ca_file) {
  TlsOptions options;
  options.ca_file = ca_file;
  return make_tls_context(options);
}

void expect_peer(TlsStream& stream, const TlsContext& context, const Address& address) {
  const TlsOptions& options = context.options;
  const std::string& name = options.server_name.empty() ? address.host : options.server_name;
  error_code number;
  asio::ip::make_address(name, number);
  if (number) {  // SNI carries names only
    SSL_set_tlsext_host_name(stream.native_handle(), name.c_str());
  }
  error_code error;
  if (!options.insecure) {
    stream.set_verify_callback(ssl::host_name_verification(name), error);
  }
}

namespace {
constexpr std::size_t kReceiveBytes = 16U << 10U;  // one TLS record

class TlsConnection final : public Connection, public std::enable_shared_from_this<TlsConnection> {
 public:
  TlsConnection(const aio::Executor& executor, Address address, std::shared_ptr<TlsContext> context,
                ConnectionEvents& events)
      : context_(std::move(context)),
        stream_(executor, context_->context),
        address_(std::move(address)),
        events_(&events) {}

  void connect() override {
    cancel_ = connect_for_tls(stream_.next_layer(), *context_, address_, shared_from_this(),
                              [this](const std::optional<ConnectFailure>& failed) {
                                if (events_ == nullptr) {
                                  return;
                                }
                                cancel_ = nullptr;
                                if (failed) {
                                  fail(failed->failure, failed->detail);
                                  return;
                                }
                                shake_hands();
                              });
  }

  bool send(std::string_view bytes) override {
    outgoing_.emplace_back(bytes);
    if (outgoing_.size() == 1) {
      write();
    }
    return true;
  }

  bool stands() override { return nothing_to_read(stream_.next_layer().native_handle()); }

  void close() override {
    events_ = nullptr;
    if (const auto cancel = std::exchange(cancel_, nullptr)) cancel();
    error_code ignored;
    stream_.next_layer().close(ignored);
  }

  void abandon() override {
    error_code ignored;
    stream_.next_layer().set_option(boost::asio::socket_base::linger(true, 0), ignored);
    close();
  }

 private:
  void shake_hands() {
    expect_peer(stream_, *context_, address_);
    stream_.async_handshake(ssl::stream_base::client,
                            [self = shared_from_this()](const error_code& outcome) {
                              if (self->events_ != nullptr) {
                                self->shaken(outcome);
                              }
                            });
  }

  void shaken(const error_code& error) {
    if (error) {
      fail(Failure::Tls, error);
      return;
    }
    read();
    events_->on_connected();
  }

  void read() {
    stream_.async_read_some(asio::buffer(incoming_),
                            [self = shared_from_this()](const error_code& error, std::size_t got) {
                              if (self->events_ != nullptr) {
                                self->received(error, got);
                              }
                            });
  }

  void received(const error_code& error, std::size_t got) {
    if (error) {
      // A peer that closes without close_notify is common, and no attack matters to a probe that
      // counts the answer's own length.
      fail(error == ssl::error::stream_truncated ? Failure::Closed : failure_of(error), error);
      return;
    }
    const auto keep = shared_from_this();
    events_->on_data({incoming_.data(), got});
    if (events_ != nullptr) {
      read();
    }
  }

  void write() {
    asio::async_write(stream_, asio::buffer(outgoing_.front()),
                      [self = shared_from_this()](const error_code& error, std::size_t) {
                        if (self->events_ == nullptr) {
                          return;
                        }
                        if (error) {
                          self->fail(failure_of(error), error);
                          return;
                        }
                        self->outgoing_.pop_front();
                        if (!self->outgoing_.empty()) {
                          self->write();
                        }
                      });
  }

  void fail(Failure failure, const error_code& error) { fail(failure, error.message()); }
  void fail(Failure failure, const std::string& detail) {
    ConnectionEvents* events = events_;
    close();
    events->on_failed(failure, detail);
  }

  std::shared_ptr<TlsContext> context_;
  TlsStream stream_;
  Address address_;
  ConnectionEvents* events_;      // null: closed
  std::function<void()> cancel_;  // the lookup of a name that is under way
  std::deque<std::string> outgoing_;
  std::array<char, kReceiveBytes> incoming_{};
};
}  // namespace

std::shared_ptr<Connection> make_tls(const aio::Executor& executor, const Address& address,
                                     std::shared_ptr<TlsContext> context,
                                     ConnectionEvents& events) {
  return std::make_shared<TlsConnection>(executor, address, std::move(context), events);
}

}  // namespace net
