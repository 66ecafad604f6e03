#include "store/audit_log.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "store/audit_format.h"

namespace store {
namespace {

// A line is at most 7 texts of 2,000 bytes, each six times as long in JSON.
constexpr std::size_t kTailMax = 256 << 10;
constexpr auto kWaitForOthers = std::chrono::seconds(1);
constexpr auto kLookAgain = std::chrono::milliseconds(2);

class Lock {
 public:
  static base::Result<Lock> take(int fd, const std::string& path) {
    const auto until = std::chrono::steady_clock::now() + kWaitForOthers;
    while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK && errno != EINTR) return base::fail_errno("lock " + path, errno);
      if (std::chrono::steady_clock::now() > until) {
        return base::fail(base::Code::Unavailable, path + " is held by another writer");
      }
      std::this_thread::sleep_for(kLookAgain);
    }
    return Lock(fd);
  }
  Lock(Lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Lock& operator=(Lock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Lock() {
    if (fd_ >= 0) ::flock(fd_, LOCK_UN);
  }

 private:
  explicit Lock(int fd) : fd_(fd) {}
  int fd_;
};

base::Result<std::uint64_t> size_of(int fd, const std::string& path) {
  struct stat found{};
  if (::fstat(fd, &found) != 0) return base::fail_errno("cannot look at " + path, errno);
  return static_cast<std::uint64_t>(found.st_size);
}

base::Result<std::string> read_at(int fd, std::uint64_t offset, std::size_t size,
                                  const std::string& path) {
  std::string out(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const ssize_t got =
        ::pread(fd, out.data() + have, size - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::fail_errno("cannot read " + path, errno);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  out.resize(have);
  return out;
}

}  // namespace

base::Result<AuditLog> AuditLog::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return base::fail_errno("cannot open the audit log " + path, errno);
  return AuditLog(fd, path);
}

AuditLog::AuditLog(AuditLog&& other) noexcept {
  *this = std::move(other);
}

AuditLog& AuditLog::operator=(AuditLog&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  std::swap(size_, other.size_);
  std::swap(seq_, other.seq_);
  std::swap(head_, other.head_);
  std::swap(took_, other.took_);
  return *this;
}

AuditLog::~AuditLog() {
  if (fd_ >= 0) ::close(fd_);
}

base::Result<> AuditLog::write(std::string_view line) {
  while (!line.empty()) {
    const ssize_t wrote = ::write(fd_, line.data(), line.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return base::fail_errno("cannot write " + path_, errno);
    size_ += static_cast<std::uint64_t>(wrote);
    line.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

namespace {

/// Where the chain ends: the last line that is an entry. `broken`: bytes of what stands behind it.
struct ChainEnd {
  std::uint64_t seq = 0;
  std::string head = audit_origin();
  std::uint64_t broken = 0;
  bool found = false;
};

ChainEnd chain_end(std::string_view tail) {
  ChainEnd out;
  while (!tail.empty()) {
    const bool whole = tail.back() == '\n';
    const std::string_view text = whole ? tail.substr(0, tail.size() - 1) : tail;
    const std::size_t before = text.rfind('\n');
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    const auto split = whole ? split_audit_line(text.substr(begin)) : std::nullopt;
    if (const auto entry = split ? parse_audit_json(split->json) : std::nullopt) {
      out.seq = entry->seq;
      out.head = split->digest;
      out.found = true;
      return out;
    }
    out.broken += text.size() - begin + 1;
    tail = tail.substr(0, begin);
  }
  return out;
}

}  // namespace

/// Looks where the chain ends, if others may have written; a line that a crash tore is ended and
/// owned up to.
base::Result<> AuditLog::find_end() {
  TRY(const std::uint64_t size, size_of(fd_, path_));
  if (size == size_ && !head_.empty()) return {};
  const std::uint64_t from = size > kTailMax ? size - kTailMax : 0;
  TRY(const std::string tail, read_at(fd_, from, static_cast<std::size_t>(size - from), path_));
  const ChainEnd end = chain_end(tail);
  head_.clear();
  if (!end.found && from > 0) {
    return base::fail(base::Code::DataLoss,
                      fmt::format("{} cannot be continued: its end is no entry; look at it with "
                                  "`muster audit verify`, then move it away",
                                  path_));
  }
  size_ = size;
  seq_ = end.seq;
  std::string head = end.head;
  if (end.broken > 0) {
    AuditEntry repair;
    repair.seq = ++seq_;
    repair.at = base::WallTime(std::chrono::duration_cast<base::Duration>(
        std::chrono::system_clock::now().time_since_epoch()));
    repair.event = kLineRepaired;
    // A line that lacks nothing but its end would hold once it is ended; with a # it never does.
    const bool torn = !tail.ends_with('\n');
    repair.subject = std::to_string(end.broken + (torn ? 1 : 0));
    repair.text = "bytes of an entry that its writer could not finish";
    const std::string json = audit_json(repair);
    head = chain_audit(head, json);
    TRY(write((torn ? "#\n" : "") + head + " " + json + "\n"));
  }
  head_ = std::move(head);
  return {};
}

base::Result<AuditLog::Written> AuditLog::append(AuditEntry entry) {
  const auto begin = std::chrono::steady_clock::now();
  TRY(const Lock lock, Lock::take(fd_, path_));
  TRY(find_end());
  entry.seq = seq_ + 1;
  entry.write_before = took_;
  const std::string json = audit_json(entry);
  const std::string digest = chain_audit(head_, json);
  const auto wrote = write(digest + " " + json + "\n");
  if (!wrote || ::fdatasync(fd_) != 0) {
    const int error = errno;
    head_.clear();  // what is in the file now has to be looked at
    if (!wrote) return tl::unexpected(wrote.error());
    return base::fail_errno("cannot sync " + path_, error);
  }
  seq_ = entry.seq;
  head_ = digest;
  took_ = std::chrono::steady_clock::now() - begin;
  return Written{entry.seq, digest, took_};
}

}  // namespace store
