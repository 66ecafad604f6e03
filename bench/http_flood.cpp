// The two ends of a proxy under load, as bare epoll loops, so that what they cost is small beside
// what is measured between them:
//   http_flood serve                                an application; says its port, answers at once
//   http_flood load PORT CONNECTIONS SECONDS        asks over kept connections, each as soon as it
//                                                   has its answer; says "requests N seconds S
//                                                   p50 US p99 US bad N"
#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "aio/clock.h"

namespace {

constexpr std::string_view kRequest =
    "GET /api/orders/42?expand=lines HTTP/1.1\r\nHost: shop.example\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0\r\n"
    "Accept: application/json\r\nAccept-Language: en-GB,en;q=0.7\r\n"
    "Accept-Encoding: gzip, deflate, br\r\nCookie: "
    "session=0123456789abcdef0123456789abcdef\r\n\r\n";

std::string response() {
  const std::string body(256, 'x');
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
         "Date: Thu, 26 Nov 2026 12:00:00 GMT\r\nContent-Length: 256\r\n\r\n" +
         body;
}

int fail(const char* what) {
  std::perror(what);
  return EXIT_FAILURE;
}

void no_delay(int socket) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  out.sin_port = htons(port);
  return out;
}

const sockaddr* address_of(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

void watch(int poll, int socket) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = socket;
  epoll_ctl(poll, EPOLL_CTL_ADD, socket, &event);
}

/// Heads are small enough to come whole; a read may have several.
int serve() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  if (bind(listener, address_of(address), length) != 0 || listen(listener, 4096) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    return fail("listen");
  }
  std::printf("port %d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  const int poll = epoll_create1(0);
  watch(poll, listener);
  const std::string answer = response();
  std::array<epoll_event, 256> events;
  std::vector<char> buffer(65536);
  for (;;) {
    const int count = epoll_wait(poll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int socket = events[static_cast<std::size_t>(i)].data.fd;
      if (socket == listener) {
        const int peer = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
        if (peer >= 0) no_delay(peer);
        if (peer >= 0) watch(poll, peer);
        continue;
      }
      const ssize_t got = recv(socket, buffer.data(), buffer.size(), 0);
      if (got < 0 && errno == EAGAIN) continue;
      if (got <= 0) {
        close(socket);
        continue;
      }
      const std::string_view text(buffer.data(), static_cast<std::size_t>(got));
      if (text.ends_with("\r\n\r\n")) send(socket, answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }
}

struct Asker {
  base::TimePoint sent{};
  std::size_t got = 0;   // bytes of the response
  std::size_t want = 0;  // of the whole; 0: the head is not whole
  std::string text;
};

class Load {
 public:
  Load(std::uint16_t port, std::size_t connections, base::Duration length)
      : port_(port), connections_(connections), length_(length), poll_(epoll_create1(0)) {}

  int run() {
    for (std::size_t i = 0; i < connections_; ++i) {
      const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
      const sockaddr_in address = loopback(port_);
      if (connect(socket, address_of(address), sizeof address) != 0) return fail("connect");
      no_delay(socket);
      watch(poll_, socket);
      askers_.resize(std::max(askers_.size(), static_cast<std::size_t>(socket) + 1));
      ask(socket);
    }
    const base::TimePoint began = aio::now();
    while (aio::now() < began + length_) turn();
    const double seconds = base::to_seconds(aio::now() - began);
    std::ranges::sort(micros_);
    std::printf("requests %zu seconds %.3f p50 %u p99 %u bad %zu\n", micros_.size(), seconds,
                share(50), share(99), bad_);
    return bad_ == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
  }

 private:
  unsigned share(std::size_t percent) const {
    return micros_.empty() ? 0 : micros_[(micros_.size() - 1) * percent / 100];
  }

  void ask(int socket) {
    Asker& asker = askers_[static_cast<std::size_t>(socket)];
    asker.got = asker.want = 0;
    asker.text.clear();
    asker.sent = aio::now();
    send(socket, kRequest.data(), kRequest.size(), MSG_NOSIGNAL);
  }

  void turn() {
    std::array<epoll_event, 256> events;
    const int count = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), 100);
    for (int i = 0; i < count; ++i) read(events[static_cast<std::size_t>(i)].data.fd);
  }

  void read(int socket) {
    std::array<char, 16384> buffer;
    const ssize_t got = recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got <= 0) {
      ++bad_;
      close(socket);
      return;
    }
    Asker& asker = askers_[static_cast<std::size_t>(socket)];
    asker.got += static_cast<std::size_t>(got);
    if (asker.want == 0) {
      asker.text.append(buffer.data(), static_cast<std::size_t>(got));
      find_end(asker);
    }
    if (asker.want == 0 || asker.got < asker.want) return;
    micros_.push_back(
        static_cast<unsigned>((aio::now() - asker.sent) / std::chrono::microseconds(1)));
    ask(socket);
  }

  void find_end(Asker& asker) {
    const auto end = asker.text.find("\r\n\r\n");
    if (end == std::string::npos) return;
    if (!asker.text.starts_with("HTTP/1.1 200")) ++bad_;
    std::string lower = asker.text.substr(0, end);
    std::ranges::transform(lower, lower.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    const auto at = lower.find("content-length: ");
    std::size_t length = 0;
    if (at != std::string::npos) std::from_chars(&lower[at + 16], lower.data() + end, length);
    asker.want = end + 4 + length;
  }

  std::uint16_t port_;
  std::size_t connections_;
  base::Duration length_;
  int poll_;
  std::vector<Asker> askers_;
  std::vector<unsigned> micros_;
  std::size_t bad_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (words.size() == 1 && words[0] == "serve") return serve();
  if (words.size() != 4 || words[0] != "load") {
    std::fputs("http_flood serve | load PORT CONNECTIONS SECONDS\n", stderr);
    return 2;
  }
  return Load(static_cast<std::uint16_t>(std::stoul(words[1])), std::stoul(words[2]),
              base::seconds(std::stol(words[3])))
      .run();
}
