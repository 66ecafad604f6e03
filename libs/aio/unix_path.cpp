#include "aio/unix_path.h"

#include <sys/un.h>

#include <fmt/format.h>

namespace aio {

base::Result<> check_unix_path(const std::string& path) {
  constexpr std::size_t kBytesMax = sizeof(sockaddr_un::sun_path) - 1;
  if (path.size() <= kBytesMax) return {};
  return base::fail(
      base::Code::InvalidArgument,
      fmt::format("{}: longer than a Unix socket's path may be ({} bytes)", path, kBytesMax));
}

}  // namespace aio
