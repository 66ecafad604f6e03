#include "store/ledger_file.h"

#include <errno.h>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace store {

namespace {
class RealLedgerFile final : public LedgerFile {
 public:
  RealLedgerFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~RealLedgerFile() override { ::close(fd_); }
  RealLedgerFile(const RealLedgerFile&) = delete;
  RealLedgerFile& operator=(const RealLedgerFile&) = delete;

  base::Result<> append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const auto wrote = ::write(fd_, bytes.data(), bytes.size());
      if (wrote < 0 && errno == EINTR) {
        continue;
      }
      if (wrote < 0) {
        return base::fail_errno("cannot write the ledger " + path_, errno);
      }
      bytes.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return {};
  }

  base::Result<> sync() override {
    if (::fdatasync(fd_) != 0) {
      return base::fail_errno("cannot sync the ledger " + path_, errno);
    }
    return {};
  }

 private:
  int fd_;
  std::string path_;
};
}  // namespace

base::Result<std::unique_ptr<LedgerFile>> create_ledger_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC,
                        S_IRUSR | S_IWUSR | S_IRGRP);
  if (fd < 0) {
    return base::fail_errno("cannot create the ledger " + path, errno);
  }
  auto file = std::make_unique<RealLedgerFile>(fd, path);
  auto folder = std::filesystem::path(path).parent_path().string();
  const int folder_fd =
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = folder_fd >= 0 && ::fsync(folder_fd) == 0;
  const int error = errno;
  if (folder_fd >= 0) {
    ::close(folder_fd);
  }
  if (!synced) {
    return base::fail_errno("cannot sync the folder of the ledger " + path, error);
  }
  return file;
}

}  // namespace store
