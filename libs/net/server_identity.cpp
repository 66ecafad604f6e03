#include "net/server_identity.h"

#include "net/server_context.h"

namespace net {

base::Result<> ServerIdentity::set(const std::string& certificate, const std::string& key) {
  TRY(context_, make_server_context({.certificate = certificate, .key = key}));
  return {};
}

}  // namespace net
