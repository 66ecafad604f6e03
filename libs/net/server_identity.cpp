#include "net/server_identity.h"

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

}  // namespace

base::Result<> ServerIdentity::set(const std::string& certificate, const std::string& key) {
  auto next = std::make_shared<ServerContext>();
  error_code error;
  next->context.set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                                ssl::context::no_sslv3 | ssl::context::no_tlsv1 |
                                ssl::context::no_tlsv1_1 | SSL_OP_NO_RENEGOTIATION,
                            error);
  TRY(usable("TLS 1.2", error));
  next->context.use_certificate_chain(asio::buffer(certificate), error);
  TRY(usable("the server's certificate", error));
  next->context.use_private_key(asio::buffer(key), ssl::context::pem, error);
  TRY(usable("the server's key", error));
  context_ = std::move(next);
  return {};
}

}  // namespace net
