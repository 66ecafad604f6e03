#include "bare_exchange.h"

#include <arpa/inet.h>
#include <array>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "aio/clock.h"

namespace bench {

namespace {
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }

 private:
  int number_;
};

bool connect_to(int socket, const net::Address& address) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(address.port);
  const int yes = 1;
  return ::inet_pton(AF_INET, address.host.c_str(), &to.sin_addr) == 1 &&
         ::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 &&
         ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) == 0;
}

timespec spec_of(base::Duration time) {
  return {time.count() / 1'000'000'000, time.count() % 1'000'000'000};
}

void watch(int epoll, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.fd = descriptor;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

double thread_cpu() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}
}  // namespace

BareCost bare_exchange(const net::Address& address, base::Duration interval,
                       base::Duration length) {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Descriptor timer(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  const Descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
  BareCost cost;
  if (!connect_to(socket.get(), address)) return cost;
  watch(epoll.get(), socket.get());
  watch(epoll.get(), timer.get());
  const double cpu = thread_cpu();
  const auto from = aio::now();
  auto due = from;
  std::array<char, 1024> buffer{};
  while (due - from < length) {
    due += interval;
    const itimerspec next{{}, spec_of(due.time_since_epoch())};
    ::timerfd_settime(timer.get(), TFD_TIMER_ABSTIME, &next, nullptr);
    for (bool sent = false, answered = false; !sent || !answered;) {
      epoll_event event{};
      if (::epoll_wait(epoll.get(), &event, 1, 1000) <= 0) return {};
      if (event.data.fd == timer.get()) {
        sent = ::send(socket.get(), "ping", 4, MSG_NOSIGNAL) == 4;
      } else {
        answered = ::recv(socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT) > 0;
      }
    }
    ++cost.exchanges;
  }
  cost.cpu_seconds = thread_cpu() - cpu;
  cost.elapsed_seconds = base::to_seconds(aio::now() - from);
  return cost;
}

}  // namespace bench
