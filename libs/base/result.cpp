#include "base/result.h"

#include <system_error>

namespace base {

const char* name(Code code) {
  switch (code) {
    case Code::InvalidArgument: return "InvalidArgument";
    case Code::NotFound: return "NotFound";
    case Code::AlreadyExists: return "AlreadyExists";
    case Code::PermissionDenied: return "PermissionDenied";
    case Code::FailedPrecondition: return "FailedPrecondition";
    case Code::Unavailable: return "Unavailable";
    case Code::DeadlineExceeded: return "DeadlineExceeded";
    case Code::Cancelled: return "Cancelled";
    case Code::ResourceExhausted: return "ResourceExhausted";
    case Code::DataLoss: return "DataLoss";
    case Code::Internal: return "Internal";
  }
  return "Internal";
}

Error Error::with(std::string_view context) const {
  Error out = *this;
  out.message = std::string(context) + ": " + message;
  return out;
}

tl::unexpected<Error> fail(Code code, std::string message, Retry retry) {
  return tl::unexpected(Error{code, std::move(message), retry, {}});
}

namespace {
Code code_of(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ESRCH: return Code::NotFound;
    case EEXIST:
    case EADDRINUSE: return Code::AlreadyExists;
    case EACCES:
    case EPERM: return Code::PermissionDenied;
    case ENOSPC:
    case EFBIG:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM: return Code::ResourceExhausted;
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
    case EHOSTUNREACH:
    case ENETUNREACH: return Code::Unavailable;
    case ETIMEDOUT: return Code::DeadlineExceeded;
    default: return Code::Internal;
  }
}
}  // namespace

tl::unexpected<Error> fail_errno(std::string_view context, int error_number) {
  return fail(code_of(error_number),
              std::string(context) + ": " + std::generic_category().message(error_number));
}

}  // namespace base
