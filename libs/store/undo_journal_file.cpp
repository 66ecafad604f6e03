// The journal on a disk. fdatasync covers the file's size as well as its bytes; the name of a new
// file lives in its folder, which is synced once at creation. Space for the whole drill is reserved
// then: on a disk that fills up in the drill, what undoes it can still be recorded and ticked off.
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "store/undo_journal.h"

namespace store {

namespace {

// A drill of thirty parts writes about 30 KiB.
constexpr off_t kReserved = 128 << 10;

/// Beyond the file's end, whose size stays as it is. Where the file system cannot, it does without.
base::Result<> reserve(int descriptor, const std::string& path) {
  if (::fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, kReserved) == 0) return {};
  if (errno == ENOSPC || errno == EDQUOT) return base::fail_errno(path, errno);
  return {};
}

class DiskFile final : public JournalFile {
 public:
  DiskFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  ~DiskFile() override { ::close(descriptor_); }
  DiskFile(const DiskFile&) = delete;
  DiskFile& operator=(const DiskFile&) = delete;

  base::Result<> append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t n = ::write(descriptor_, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return base::fail_errno(path_, n < 0 ? errno : ENOSPC);
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
  }
  base::Result<> sync() override {
    while (::fdatasync(descriptor_) != 0) {
      if (errno != EINTR) return base::fail_errno(path_, errno);
    }
    return {};
  }
  base::Result<> truncate(std::uint64_t size) override {
    if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) {
      return base::fail_errno(path_, errno);
    }
    // It has given up what was reserved; without it the appends say themselves what is wrong.
    static_cast<void>(reserve(descriptor_, path_));
    return {};
  }
  base::Result<std::string> read_all() override {
    std::string out;
    std::array<char, 16384> buffer{};
    for (;;) {
      const ssize_t n =
          ::pread(descriptor_, buffer.data(), buffer.size(), static_cast<off_t>(out.size()));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return base::fail_errno(path_, errno);
      if (n == 0) return out;
      out.append(buffer.data(), static_cast<std::size_t>(n));
    }
  }

 private:
  int descriptor_;
  std::string path_;
};

base::Result<> sync_folder(const std::string& path) {
  auto folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return base::fail_errno(folder, errno);
  const bool ok = ::fsync(descriptor) == 0;
  const int error = errno;
  ::close(descriptor);
  if (!ok) return base::fail_errno(folder, error);
  return {};
}

}  // namespace

base::Result<std::unique_ptr<JournalFile>> open_journal_file(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor < 0) return base::fail_errno(path, errno);
  auto file = std::make_unique<DiskFile>(descriptor, path);
  TRY(sync_folder(path));
  const auto reserved = reserve(descriptor, path);
  // One that is continued needs no new space as a rule, and a full disk must not stop the undo.
  struct stat info{};
  if (!reserved && ::fstat(descriptor, &info) == 0 && info.st_size == 0) {
    return tl::unexpected(reserved.error());
  }
  return file;
}

}  // namespace store
