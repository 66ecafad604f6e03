#include "store/audit_queue.h"

#include <algorithm>
#include <chrono>
#include <errno.h>
#include <optional>
#include <poll.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "base/cut.h"
#include "store/audit_format.h"

namespace store {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kAtTheEnd = std::chrono::seconds(2);
/// What was lost is owned up to after that, also where nothing else is to be written.
constexpr auto kOwnUpAfter = std::chrono::seconds(5);
constexpr int kReaderMillis = 1000;
/// What a pipe that can be written to takes at once (PIPE_BUF): so much of a line is never waited
/// for in the middle.
constexpr std::size_t kLineMax = 4096;

/// Lines of JSON without a chain.
class StandardOutput {
 public:
  base::Result<base::Duration> append(AuditEntry entry) {
    const auto begin = Clock::now();
    entry.seq = seq_ + 1;
    entry.write_before = before_;
    entry.text = base::cut(entry.text, kLineMax / 4);
    std::string line = audit_json(entry) + "\n";
    if (line.size() > kLineMax) {
      entry.text = "…";
      line = audit_json(entry) + "\n";
    }
    TRY(put(line));
    seq_ = entry.seq;
    before_ = Clock::now() - begin;
    return before_;
  }

 private:
  static base::Result<> put(std::string_view line) {
    while (!line.empty()) {
      pollfd look{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
      const int ready = ::poll(&look, 1, kReaderMillis);
      if (ready < 0 && errno == EINTR) continue;
      if (ready <= 0) {
        return base::fail(base::Code::Unavailable, "nobody reads the standard output");
      }
      const ssize_t wrote = ::write(STDOUT_FILENO, line.data(), line.size());
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return base::fail_errno("cannot write to the standard output", errno);
      line.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return {};
  }

  std::uint64_t seq_ = 0;
  base::Duration before_{};
};

base::WallTime wall_now() {
  return base::WallTime(std::chrono::duration_cast<base::Duration>(
      std::chrono::system_clock::now().time_since_epoch()));
}

AuditEntry lost_entry(std::uint64_t missing, const std::string& error) {
  AuditEntry out;
  out.at = wall_now();
  out.event = kEntriesLost;
  out.subject = std::to_string(missing);
  out.text = error.empty() ? "no room was left for them" : error;
  return out;
}

}  // namespace

base::Result<std::unique_ptr<AuditQueue>> AuditQueue::open(const std::string& path) {
  if (path == "stdout") {
    auto output = std::make_shared<StandardOutput>();
    return std::make_unique<AuditQueue>(
        [output](AuditEntry entry) { return output->append(std::move(entry)); });
  }
  TRY(AuditLog opened, AuditLog::open(path));
  auto log = std::make_shared<AuditLog>(std::move(opened));
  return std::make_unique<AuditQueue>([log](AuditEntry entry) -> base::Result<base::Duration> {
    TRY(const AuditLog::Written written, log->append(std::move(entry)));
    return written.took;
  });
}

AuditQueue::AuditQueue(Append append) : append_(std::move(append)), thread_([this] { work(); }) {}

AuditQueue::~AuditQueue() {
  {
    const std::scoped_lock hold(mutex_);
    closing_ = true;
    end_ = Clock::now() + kAtTheEnd;
  }
  changed_.notify_all();
  thread_.join();
}

bool AuditQueue::tell(AuditEntry entry) {
  {
    const std::scoped_lock hold(mutex_);
    if (queue_.size() >= kWaitingMax) {
      ++figures_.lost;
      ++unowned_;
      return false;
    }
    queue_.push_back(std::move(entry));
  }
  changed_.notify_all();
  return true;
}

AuditFigures AuditQueue::figures() const {
  const std::scoped_lock hold(mutex_);
  AuditFigures out = figures_;
  out.waiting = queue_.size();
  return out;
}

void AuditQueue::work() {
  std::unique_lock hold(mutex_);
  const auto due = [this] { return closing_ || !queue_.empty(); };
  while (true) {
    if (unowned_ > 0) {
      changed_.wait_for(hold, kOwnUpAfter, due);
    } else {
      changed_.wait(hold, due);
    }
    if (closing_ && Clock::now() > end_) give_up();
    const std::uint64_t missing = std::exchange(unowned_, 0);
    AuditEntry owned = lost_entry(missing, figures_.last_error);
    const bool done = closing_ && queue_.empty();
    std::optional<AuditEntry> next;
    if (!queue_.empty()) {
      next = std::move(queue_.front());
      queue_.pop_front();
    }
    hold.unlock();
    if (missing > 0) write(std::move(owned));
    if (done) return;
    if (next) write(std::move(*next));
    hold.lock();
  }
}

/// The lock is held. There is no more time for what waits.
void AuditQueue::give_up() {
  if (queue_.empty()) return;
  figures_.last_error = "the end came before they were written";
  figures_.lost += queue_.size();
  unowned_ += queue_.size();
  queue_.clear();
}

/// What an EntriesLost that is lost itself stood for is owned up to once more.
void AuditQueue::write(AuditEntry entry) {
  const std::uint64_t stands_for = entry.event == kEntriesLost ? std::stoull(entry.subject) : 0;
  const auto took = append_(std::move(entry));
  const std::scoped_lock hold(mutex_);
  if (took) return count(*took);
  figures_.last_error = took.error().message;
  if (stands_for == 0) ++figures_.lost;
  unowned_ += std::max<std::uint64_t>(stands_for, 1);
}

/// The lock is held.
void AuditQueue::count(base::Duration took) {
  ++figures_.written;
  figures_.slow += took > kSlowAuditWrite;
  figures_.total += took;
  figures_.slowest = std::max(figures_.slowest, took);
  const auto* const at = std::ranges::lower_bound(kAuditWriteBounds, took);
  ++figures_.buckets[static_cast<std::size_t>(at - kAuditWriteBounds.begin())];
}

}  // namespace store
