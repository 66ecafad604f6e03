#include "aio/file.h"

#include <errno.h>
#include <fcntl.h>
#include <filesystem>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <fmt/format.h>

#include "aio/descriptor.h"

namespace aio {

namespace {
base::Result<> write_all(int fd, std::string_view contents, const std::string& path) {
  while (!contents.empty()) {
    const auto wrote = ::write(fd, contents.data(), contents.size());
    if (wrote < 0 && errno == EINTR) {
      continue;
    }
    if (wrote < 0) {
      return base::fail_errno("cannot write " + path, errno);
    }
    contents.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

std::string folder_of(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

base::Result<> sync_folder(const std::string& path) {
  const Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid() || ::fsync(folder.get()) != 0) {
    return base::fail_errno("cannot sync folder " + path, errno);
  }
  return {};
}
}  // namespace

base::Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) {
    return base::fail_errno("cannot read " + path, errno);
  }
  std::string out;
  char buffer[64U << 10U];
  while (true) {
    const auto got = ::read(file.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return base::fail_errno("cannot read " + path, errno);
    }
    if (got == 0) {
      return out;
    }
    out.append(buffer, static_cast<std::size_t>(got));
    if (out.size() > bytes_max) {
      return base::fail(base::Code::InvalidArgument,
                        fmt::format("{} is longer than {} bytes", path, bytes_max));
    }
  }
}

base::Result<> write_file_atomic(const std::string& path, std::string_view contents,
                                 unsigned mode) {
  std::string temporary = path + ".XXXXXX";
  Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!file.valid()) {
    return base::fail_errno("cannot create a file beside " + path, errno);
  }
  auto outcome = [&]() -> base::Result<> {
    TRY(write_all(file.get(), contents, temporary));
    if (::fchmod(file.get(), mode) != 0 || ::fsync(file.get()) != 0) {
      return base::fail_errno("cannot sync " + temporary, errno);
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0) {
      return base::fail_errno(fmt::format("cannot rename {} to {}", temporary, path), errno);
    }
    return {};
  }();
  if (!outcome) {
    ::unlink(temporary.c_str());
    return outcome;
  }
  return sync_folder(folder_of(path));
}

base::Result<> check_folder(const std::string& path) {
  if (::access(path.c_str(), R_OK | X_OK) == 0) return {};
  return base::fail_errno("cannot read folder " + path, errno);
}

base::Result<> check_folder_if_there(const std::string& path) {
  const auto seen = check_folder(path);
  if (!seen && seen.error().code != base::Code::NotFound) return seen;
  return {};
}

base::Result<> check_writable(const std::string& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) == 0 && !S_ISREG(found.st_mode)) {
    return base::fail(base::Code::InvalidArgument,
                      path + (S_ISDIR(found.st_mode) ? " is a folder" : " is no ordinary file"));
  }
  std::string temporary = path + ".XXXXXX";
  const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!file.valid()) {
    return base::fail_errno("cannot create a file beside " + path, errno);
  }
  ::unlink(temporary.c_str());
  return {};
}

base::Result<> append_file(const std::string& path, std::string_view contents) {
  const bool made = !file_exists(path);
  const Descriptor file(
      ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR | S_IRGRP));
  if (!file.valid()) {
    return base::fail_errno("cannot open " + path, errno);
  }
  TRY(write_all(file.get(), contents, path));
  if (::fdatasync(file.get()) != 0) {
    return base::fail_errno("cannot sync " + path, errno);
  }
  return made ? sync_folder(folder_of(path)) : base::Result<>{};
}

base::Result<> make_dirs(const std::string& path, unsigned mode) {
  const std::string parent = folder_of(path);
  if (parent != path && parent != "." && !file_exists(parent)) {
    TRY(make_dirs(parent, mode));
  }
  if (::mkdir(path.c_str(), mode) == 0) {
    return ::chmod(path.c_str(), mode) == 0
               ? base::Result<>{}
               : base::Result<>(base::fail_errno("cannot set the mode of " + path, errno));
  }
  struct stat found{};
  const int error = errno;
  if (error == EEXIST && ::stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode)) {
    return {};
  }
  return base::fail_errno("cannot make folder " + path, error);
}

base::Result<> remove_tree(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) {
    return base::fail_errno("cannot remove " + path, error.value());
  }
  return {};
}

bool file_exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

std::string env_or(const char* variable, std::string_view otherwise) {
  const char* value = ::getenv(variable);
  return value != nullptr && *value != '\0' ? std::string(value) : std::string(otherwise);
}

base::Result<FileLock> FileLock::try_lock(const std::string& path, std::string_view holder) {
  FileLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR | S_IRGRP));
  if (lock.fd_ < 0) {
    return base::fail_errno("cannot open lock " + path, errno);
  }
  if (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return base::fail_errno("cannot lock " + path, errno);
    }
    constexpr std::size_t kHolderBytesMax = 4096;
    const auto text = read_file(path, kHolderBytesMax);
    return base::fail(base::Code::AlreadyExists,
                      fmt::format("{} is held by {}", path, text ? *text : "another process"));
  }
  // Who holds it is a note for people. On a full disk it cannot be written, and the lock holds.
  if (::ftruncate(lock.fd_, 0) != 0) {
    return base::fail_errno("cannot write lock " + path, errno);
  }
  const auto noted = write_all(lock.fd_, holder, path);
  if (!noted && noted.error().code != base::Code::ResourceExhausted) {
    return tl::unexpected(noted.error());
  }
  return lock;
}

base::Result<bool> FileLock::held(const std::string& path) {
  const FileLock probe(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (probe.fd_ < 0) {
    return base::fail_errno("cannot open lock " + path, errno);
  }
  return ::flock(probe.fd_, LOCK_SH | LOCK_NB) != 0;
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

FileLock::~FileLock() {
  // Closing gives the lock up; the file stays, because unlinking it would race with the next
  // holder, who could lock a file that has no name any more.
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

}  // namespace aio
