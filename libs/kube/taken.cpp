#include "kube/taken.h"

namespace kube {

base::Result<Reply> taken(base::Result<Reply> reply, const std::string& what) {
  if (!reply) return tl::unexpected(reply.error().with(what));
  if (!reply->ok()) return tl::unexpected(error_of(reply->refusal, what));
  return reply;
}

bool is_unauthenticated(const base::Error& error) {
  return error.code == base::Code::PermissionDenied && error.message.ends_with("(401)");
}

}  // namespace kube
