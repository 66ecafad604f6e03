#include "worker.h"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "base/check.h"

namespace sampling {

namespace {
void send(int to, const void* data, std::size_t size) {
  CHECK(::write(to, data, size) == static_cast<ssize_t>(size));
}
bool receive(int from, void* data, std::size_t size) {
  return ::read(from, data, size) == static_cast<ssize_t>(size);
}

void burn_here(double seconds) {
  volatile std::uint64_t work = 0;
  for (const double until = cpu_used() + seconds; cpu_used() < until;) {
    for (int turn = 0; turn < 1000; ++turn) work = work + 1;
  }
}

void write_here(const char* path, std::size_t bytes) {
  const int file = ::open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  CHECK(file >= 0);
  const std::vector<char> block(1 << 16, 'x');
  for (std::size_t done = 0; done < bytes; done += block.size()) {
    send(file, block.data(), block.size());
  }
  CHECK(::fsync(file) == 0);
  ::close(file);
}

/// By the kernel itself: a sanitizer that saw it would take memory of its own for it.
void allocate_here(std::size_t bytes) {
  CHECK(::syscall(SYS_mmap, nullptr, bytes, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0) != -1);
}

std::unique_ptr<Worker>& child() {
  static std::unique_ptr<Worker> one;
  return one;
}
}  // namespace

double cpu_used() {
  rusage usage{};
  CHECK(::getrusage(RUSAGE_SELF, &usage) == 0);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Worker::Worker() {
  int orders[2];
  int answers[2];
  CHECK(::pipe2(orders, O_CLOEXEC) == 0 && ::pipe2(answers, O_CLOEXEC) == 0);
  pid_ = ::fork();
  CHECK(pid_ >= 0);
  if (pid_ == 0) {
    ::close(orders[1]);
    ::close(answers[0]);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // nothing is left behind by a test that dies
    serve(orders[0], answers[1]);
    ::_exit(0);
  }
  ::close(orders[0]);
  ::close(answers[1]);
  orders_ = orders[1];
  answers_ = answers[0];
}

Worker::~Worker() {
  ::close(orders_);  // which it takes as the end
  ::close(answers_);
  ::waitpid(pid_, nullptr, 0);
}

void Worker::serve(int orders, int answers) {
  Order order;
  while (receive(orders, &order, sizeof order)) {
    carry_out(order);
    const double used = cpu_used();
    send(answers, &used, sizeof used);
  }
  child().reset();
}

void Worker::carry_out(const Order& order) {
  switch (order.what) {
    case 'b': return burn_here(order.amount);
    case 'a': return allocate_here(static_cast<std::size_t>(order.amount));
    case 'w': return write_here(order.path, static_cast<std::size_t>(order.amount));
    case 's':
      child() = std::make_unique<Worker>();
      child()->burn(order.amount);
      return;
    case 'c': child()->burn(order.amount); return;
    case 'e': child().reset(); return;
    default: return;
  }
}

double Worker::tell(char what, double amount, const std::string& path) {
  Order order;
  order.what = what;
  order.amount = amount;
  CHECK(path.size() < sizeof order.path);
  path.copy(order.path, path.size());
  send(orders_, &order, sizeof order);
  double used = 0;
  CHECK(receive(answers_, &used, sizeof used));
  return used;
}

double Worker::burn(double seconds) {
  return tell('b', seconds);
}
void Worker::start_child(double seconds) {
  tell('s', seconds);
}
void Worker::child_burns(double seconds) {
  tell('c', seconds);
}
void Worker::end_child() {
  tell('e', 0);
}
void Worker::allocate(std::size_t bytes) {
  tell('a', static_cast<double>(bytes));
}
void Worker::write_file(const std::string& path, std::size_t bytes) {
  tell('w', static_cast<double>(bytes), path);
}
double Worker::used() {
  return tell('u', 0);
}

}  // namespace sampling
