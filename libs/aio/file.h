// Small files: read whole, replaced atomically, appended durably, locked. Everything here blocks
// for as long as the disk does and is meant for configuration, state and reports; what is written
// while operations are timed goes through the ledger's own thread (store/ledger.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aio {

/// The whole file. Errors: NotFound …; InvalidArgument when it is longer than `bytes_max`.
base::Result<std::string> read_file(const std::string& path, std::size_t bytes_max = 64U << 20U);
/// Readers see the old or the new contents, also after a crash: temporary file in the same folder,
/// fsync, rename, fsync of the folder.
base::Result<> write_file_atomic(const std::string& path, std::string_view contents,
                                 unsigned mode = 0644);
/// Appends and syncs; creates the file when it is not there.
base::Result<> append_file(const std::string& path, std::string_view contents);
/// mkdir -p. Units: `mode` holds for folders made here, whatever the umask.
base::Result<> make_dirs(const std::string& path, unsigned mode = 0755);
/// rm -rf; no error when there is nothing.
base::Result<> remove_tree(const std::string& path);
bool file_exists(const std::string& path);
/// Whether a folder is there and what is in it can be seen. Errors: NotFound, PermissionDenied …
base::Result<> check_folder(const std::string& path);
/// The same, but no folder is no error: in one that may not be entered every file seems not to be
/// there.
base::Result<> check_folder_if_there(const std::string& path);
/// Whether write_file_atomic(path) can work: the folder is there and takes a new file, and the path
/// is no folder. Leaves what is at the path alone.
base::Result<> check_writable(const std::string& path);
/// An environment variable, or `otherwise` where it is not set or empty.
std::string env_or(const char* variable, std::string_view otherwise);

/// A flock on a file, held until destroyed or the process ends (also by SIGKILL).
class FileLock {
 public:
  /// Errors: AlreadyExists when another process holds it; the message has the file's text, in
  /// which the holder says who it is (`holder`, e.g. "drill x, pid 12").
  static base::Result<FileLock> try_lock(const std::string& path, std::string_view holder);
  /// Whether a process holds the lock; needs no more than to read the file, and leaves it as it is.
  /// Errors: NotFound, PermissionDenied …
  static base::Result<bool> held(const std::string& path);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace aio
