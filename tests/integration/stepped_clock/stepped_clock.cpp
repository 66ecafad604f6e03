// Loaded before a program (LD_PRELOAD), so that a test can step the wall clock of that program,
// while it runs and without touching the machine's: CLOCK_REALTIME is the true time plus an offset
// that a file holds, which stepped_clock.py writes. CLOCK_MONOTONIC, timers and times of files stay
// true, as when an administrator sets the time. Not libfaketime: it takes absolute timers for
// timers of the wall clock, so that every Asio timer that is due at once fails with EINVAL after a
// step back; and it allocates, which hung with sanitizers. Nothing here allocates, locks, or calls
// what another library may intercept. Not stepped: deadlines on CLOCK_REALTIME that are handed to
// the kernel (pthread_cond_timedwait), which no program of ours has.
#include <cstdint>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

namespace {
constexpr std::int64_t kNanosOfSecond = 1'000'000'000;

// Nanoseconds, in the file; null until the library is set up, and where no file is named.
const std::int64_t* offset = nullptr;

__attribute__((constructor)) void open_offset() {
  const char* path = getenv("MUSTER_STEPPED_CLOCK");
  if (path == nullptr) return;
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) abort();
  void* mapped = mmap(nullptr, sizeof(*offset), PROT_READ, MAP_SHARED, file, 0);
  if (mapped == MAP_FAILED) abort();
  close(file);
  offset = static_cast<const std::int64_t*>(mapped);
}

int stepped(clockid_t clock, timespec* at) {
  const long failed = syscall(SYS_clock_gettime, clock, at);
  const bool wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
  if (failed != 0 || !wall || offset == nullptr) return static_cast<int>(failed);
  const std::int64_t nanos =
      at->tv_sec * kNanosOfSecond + at->tv_nsec + __atomic_load_n(offset, __ATOMIC_RELAXED);
  at->tv_sec = nanos / kNanosOfSecond;
  at->tv_nsec = nanos % kNanosOfSecond;
  return 0;
}
}  // namespace

extern "C" {
int clock_gettime(clockid_t clock, timespec* at) noexcept {
  return stepped(clock, at);
}

int gettimeofday(timeval* __restrict at, void* __restrict) noexcept {
  timespec now{};
  stepped(CLOCK_REALTIME, &now);
  *at = {.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
  return 0;
}

time_t time(time_t* at) noexcept {
  timespec now{};
  stepped(CLOCK_REALTIME, &now);
  if (at != nullptr) *at = now.tv_sec;
  return now.tv_sec;
}

int timespec_get(timespec* at, int base) noexcept {
  if (base != TIME_UTC) return 0;
  stepped(CLOCK_REALTIME, at);
  return base;
}
}
