#include "net/server_stream.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "net/tls_context.h"

namespace net {
namespace {

struct FreeStream {
  void operator()(SSL* stream) const { SSL_free(stream); }
};

class Stream final : public ServerStream {
 public:
  Stream(std::shared_ptr<ServerContext> context, SSL* stream)
      : context_(std::move(context)), stream_(stream) {}

  TlsState shake_hands() override {
    ERR_clear_error();
    const int result = SSL_do_handshake(stream_.get());
    if (result == 1) return TlsState::Done;
    const TlsState state = state_of(result);
    if (state == TlsState::WantsRead || state == TlsState::WantsWrite) return state;
    fault_ = fault_of(state);
    return TlsState::Failed;
  }

  TlsFault fault() const override { return fault_; }
  bool resumed() const override { return SSL_session_reused(stream_.get()) == 1; }

  TlsState read(std::span<char> room, std::size_t& count) override {
    count = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(stream_.get(), room.data(), room.size(), &count);
    return result == 1 ? TlsState::Done : state_of(result);
  }

  bool holds() const override { return SSL_has_pending(stream_.get()) == 1; }

  TlsState write(std::string_view bytes, std::size_t& count) override {
    count = 0;
    ERR_clear_error();
    const std::size_t most = std::min(bytes.size(), kWriteMax);
    const int result = SSL_write_ex(stream_.get(), bytes.data(), most, &count);
    return result == 1 ? TlsState::Done : state_of(result);
  }

  TlsState leave() override {
    if (broken_ || SSL_is_init_finished(stream_.get()) != 1) return TlsState::Failed;
    if ((SSL_get_shutdown(stream_.get()) & SSL_SENT_SHUTDOWN) != 0 && !leaving_) {
      return TlsState::Done;
    }
    ERR_clear_error();
    const int result = SSL_shutdown(stream_.get());
    // Whether the client has answered is for read() to tell.
    const TlsState state = result >= 0 ? TlsState::Done : state_of(result);
    leaving_ = state == TlsState::WantsWrite;
    return state == TlsState::WantsRead ? TlsState::Done : state;
  }

 private:
  TlsState state_of(int result) {
    const int cause = errno;  // of the call itself: what follows may change it
    switch (SSL_get_error(stream_.get(), result)) {
      case SSL_ERROR_WANT_READ: return TlsState::WantsRead;
      case SSL_ERROR_WANT_WRITE: return TlsState::WantsWrite;
      case SSL_ERROR_ZERO_RETURN: return TlsState::Ended;
      case SSL_ERROR_SYSCALL: broken_ = true; return cut(cause);
      default: broken_ = true; break;
    }
    const bool cut_short = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
    return cut_short ? TlsState::Cut : TlsState::Failed;
  }

  static TlsState cut(int cause) {
    return cause == 0 || cause == ECONNRESET || cause == EPIPE ? TlsState::Cut : TlsState::Failed;
  }

  /// Of the error that is first in OpenSSL's queue.
  static TlsFault fault_of(TlsState state) {
    if (state == TlsState::Cut || state == TlsState::Ended) return TlsFault::Closed;
    switch (ERR_GET_REASON(ERR_peek_error())) {
      case SSL_R_HTTP_REQUEST:
      case SSL_R_HTTPS_PROXY_REQUEST:
      case SSL_R_WRONG_VERSION_NUMBER: return TlsFault::NotTls;
      default: return TlsFault::Refused;
    }
  }

  std::shared_ptr<ServerContext> context_;
  std::unique_ptr<SSL, FreeStream> stream_;
  TlsFault fault_ = TlsFault::Closed;
  bool broken_ = false;   // nothing may be written any more
  bool leaving_ = false;  // the end was said, and has not left yet
};

}  // namespace

base::Result<std::unique_ptr<ServerStream>> ServerStream::create(
    std::shared_ptr<ServerContext> context, int descriptor) {
  ERR_clear_error();
  SSL* const stream = SSL_new(context->context.native_handle());
  if (stream == nullptr) {
    return base::fail(base::Code::ResourceExhausted, "no memory for a connection over TLS");
  }
  auto out = std::make_unique<Stream>(std::move(context), stream);
  if (SSL_set_fd(stream, descriptor) != 1) {
    return base::fail(base::Code::ResourceExhausted, "no memory for a connection over TLS");
  }
  SSL_set_accept_state(stream);
  SSL_set_read_ahead(stream, 1);
  return out;
}

}  // namespace net
