#include "store/audit_check.h"

#include <errno.h>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace store {

base::Result<> check_audit_log(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC);
  if (fd >= 0) {
    ::close(fd);
    return {};
  }
  const int why = errno;
  const std::string what = "cannot open the audit log " + path;
  if (why != ENOENT) return base::fail_errno(what, why);
  const std::string folder = std::filesystem::path(path).parent_path().string();
  if (::access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) == 0) return {};
  return base::fail_errno(what, errno);
}

}  // namespace store
