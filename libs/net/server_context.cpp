#include "net/server_context.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>
#include <openssl/ssl.h>

#include "net/tls_context.h"

namespace net {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using boost::system::error_code;

namespace {

base::Result<> usable(const char* what, const error_code& error) {
  if (!error) return {};
  return base::fail(base::Code::InvalidArgument, fmt::format("{}: {}", what, error.message()));
}

/// A key under a passphrase is refused; nobody sits at a terminal to be asked for it.
int no_passphrase(char* /*into*/, int /*size*/, int /*writing*/, void* /*unused*/) {
  return 0;
}

/// Source: RFC 7301, 3.2.
int choose_http(SSL* /*stream*/, const unsigned char** out, unsigned char* out_size,
                const unsigned char* offered, unsigned int offered_size, void* /*unused*/) {
  constexpr std::string_view kHttp = "http/1.1";
  const unsigned char* const end = offered + offered_size;
  for (const unsigned char* at = offered; at < end && *at < end - at; at += *at + 1) {
    if (!std::equal(at + 1, at + 1 + *at, kHttp.begin(), kHttp.end())) continue;
    *out = at + 1;
    *out_size = *at;
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// Sessions live in tickets that clients keep, under keys of this context; nothing is kept here.
/// What a connection has buffered is given back while it says nothing.
void set_modes(SSL_CTX* context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
}

/// A client that shows none is not refused here. Tickets are good for who came by this context.
base::Result<> ask_clients(ssl::context& context, const std::string& authorities) {
  error_code error;
  context.add_certificate_authority(asio::buffer(authorities), error);
  TRY(usable("the clients' authority", error));
  SSL_CTX* const native = context.native_handle();
  STACK_OF(X509_OBJECT)* const trusted = X509_STORE_get0_objects(SSL_CTX_get_cert_store(native));
  if (sk_X509_OBJECT_num(trusted) == 0) {
    return base::fail(base::Code::InvalidArgument,
                      "the clients' authority: no certificate is there");
  }
  for (int i = 0; i < sk_X509_OBJECT_num(trusted); ++i) {
    X509* const authority = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(trusted, i));
    if (authority != nullptr) SSL_CTX_add_client_CA(native, authority);
  }
  constexpr std::string_view kName = "muster";
  SSL_CTX_set_session_id_context(native, reinterpret_cast<const unsigned char*>(kName.data()),
                                 kName.size());
  SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
  return {};
}

}  // namespace

base::Result<std::shared_ptr<ServerContext>> make_server_context(const ServerTls& tls) {
  auto out = std::make_shared<ServerContext>();
  SSL_CTX* const native = out->context.native_handle();
  set_modes(native);
  error_code error;
  out->context.set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                               ssl::context::no_sslv3 | ssl::context::no_tlsv1 |
                               ssl::context::no_tlsv1_1 | SSL_OP_NO_RENEGOTIATION,
                           error);
  TRY(usable("TLS 1.2", error));
  out->context.use_certificate_chain(asio::buffer(tls.certificate), error);
  TRY(usable("the server's certificate", error));
  out->context.use_private_key(asio::buffer(tls.key), ssl::context::pem, error);
  TRY(usable("the server's key", error));
  if (!tls.client_ca.empty()) TRY(ask_clients(out->context, tls.client_ca));
  if (tls.speaks == Speaks::Http) {
    SSL_CTX_set_alpn_select_cb(native, choose_http, nullptr);
    SSL_CTX_set_options(native, SSL_OP_IGNORE_UNEXPECTED_EOF);
  }
  return out;
}

}  // namespace net
