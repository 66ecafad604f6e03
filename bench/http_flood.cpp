// The two ends of a proxy under load, as bare epoll loops, so that what they cost is small beside
// what is measured between them:
//   http_flood serve                                an application; says its port, answers at once;
//                                                   what is under /static may be kept for a second
//   http_flood load PORT CONNECTIONS SECONDS [rate=N] [status=N] [clients=N] [requests=N]
//   [rotate=1]
//                                                   asks over kept connections, each as soon as it
//                                                   has its answer; says "requests N seconds S
//                                                   p50 US p99 US bad N late N"
// rate: an open loop instead, of so many requests a second, each timed from when it was due
// (L2 of the requirements); late are those that found no free connection. status: what is right,
// 200 if not said. clients: each request says with X-Forwarded-For that it is the next of so many.
// requests: it ends when so many are answered. rotate: one client, each of whose requests has other
// headers, those that tell browsers and networks apart among them.
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
#include <optional>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "aio/clock.h"

namespace {

constexpr std::string_view kStart =
    "GET /api/orders/42?expand=lines HTTP/1.1\r\nHost: shop.example\r\n";
constexpr std::string_view kBrowser =
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0\r\n"
    "Accept: application/json\r\nAccept-Language: en-GB,en;q=0.7\r\n"
    "Accept-Encoding: gzip, deflate, br\r\nCookie: "
    "session=0123456789abcdef0123456789abcdef\r\n";

std::string response(const std::string& fields) {
  const std::string body(256, 'x');
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + fields +
         "\r\nContent-Length: 256\r\n\r\n" + body;
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
  const std::string answer =
      response("Cache-Control: no-store\r\nDate: Thu, 26 Nov 2026 12:00:00 GMT");
  const std::string kept = response("Cache-Control: max-age=1");
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
      if (!text.ends_with("\r\n\r\n")) continue;
      const std::string& said = text.starts_with("GET /static") ? kept : answer;
      send(socket, said.data(), said.size(), MSG_NOSIGNAL);
    }
  }
}

struct Asker {
  base::TimePoint due{};  // when it was to be sent
  std::size_t got = 0;    // bytes of the response
  std::size_t want = 0;   // of the whole; 0: the head is not whole
  std::string text;
};

struct Options {
  std::uint16_t port = 0;
  std::size_t connections = 1;
  base::Duration length{};
  std::uint64_t rate = 0;      // a second; 0: as fast as answers come
  std::string status = "200";  // what is right
  std::uint32_t clients = 0;   // 0: who asks is not said
  std::uint64_t requests = 0;  // 0: until its time is over
  bool rotate = false;
};

class Load {
 public:
  explicit Load(Options options) : options_(std::move(options)), poll_(epoll_create1(0)) {
    right_ = "HTTP/1.1 " + options_.status;
  }

  int run() {
    for (std::size_t i = 0; i < options_.connections; ++i) {
      const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
      const sockaddr_in address = loopback(options_.port);
      if (connect(socket, address_of(address), sizeof address) != 0) return fail("connect");
      no_delay(socket);
      watch(poll_, socket);
      askers_.resize(std::max(askers_.size(), static_cast<std::size_t>(socket) + 1));
      free_.push_back(socket);
    }
    began_ = aio::now();
    const base::TimePoint end = began_ + options_.length;
    while (aio::now() < end && !done()) {
      send_due();
      turn();
    }
    const double seconds = base::to_seconds(aio::now() - began_);
    std::ranges::sort(micros_);
    std::printf("requests %zu seconds %.3f p50 %u p99 %u bad %zu late %zu\n", micros_.size(),
                seconds, share(50), share(99), bad_, late_);
    return bad_ == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
  }

 private:
  unsigned share(std::size_t percent) const {
    return micros_.empty() ? 0 : micros_[(micros_.size() - 1) * percent / 100];
  }

  bool done() const { return options_.requests > 0 && micros_.size() >= options_.requests; }

  base::TimePoint due(std::uint64_t number) const {
    return began_ + base::Duration(number * 1'000'000'000ULL / options_.rate);
  }

  /// Every free connection of a closed loop; of an open one whatever its time has come for.
  void send_due() {
    const base::TimePoint now = aio::now();
    const auto more = [this] { return options_.requests == 0 || asked_ < options_.requests; };
    while (!free_.empty() && more() && (options_.rate == 0 || due(asked_) <= now)) {
      const int socket = free_.back();
      free_.pop_back();
      ask(socket, options_.rate == 0 ? now : due(asked_));
    }
    if (free_.empty() && more() && options_.rate > 0 && due(asked_) <= now) ++late_;
  }

  void ask(int socket, base::TimePoint due) {
    Asker& asker = askers_[static_cast<std::size_t>(socket)];
    asker.got = asker.want = 0;
    asker.text.clear();
    asker.due = due;
    std::string request(kStart);
    request += options_.rotate ? rotated(asked_) : kBrowser;
    if (options_.clients > 0) request += client(asked_ % options_.clients);
    request += "\r\n";
    ++asked_;
    send(socket, request.data(), request.size(), MSG_NOSIGNAL);
  }

  /// "X-Forwarded-For: 10.0.0.7\r\n"
  static std::string client(std::uint64_t number) {
    return "X-Forwarded-For: 10." + std::to_string(number >> 16U & 255U) + "." +
           std::to_string(number >> 8U & 255U) + "." + std::to_string(number & 255U) + "\r\n";
  }

  static std::string rotated(std::uint64_t number) {
    const std::string text = std::to_string(number);
    return "User-Agent: browser/" + text + "\r\nAccept: text/html;q=0." + text +
           "\r\nAccept-Language: x-" + text + "\r\nAccept-Encoding: gzip;q=0." + text +
           "\r\nCookie: session=" + text + "\r\nForwarded: for=10.0.0." +
           std::to_string(number % 256) + "\r\n" + client(number);
  }

  /// Until something comes, or the next request of an open loop is due.
  void turn() {
    base::Duration left = std::chrono::milliseconds(100);
    if (options_.rate > 0 && !free_.empty())
      left = std::clamp<base::Duration>(due(asked_) - aio::now(), {}, left);
    const timespec wait{.tv_sec = 0, .tv_nsec = static_cast<long>(left.count())};
    std::array<epoll_event, 256> events;
    const int count =
        epoll_pwait2(poll_, events.data(), static_cast<int>(events.size()), &wait, nullptr);
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
        static_cast<unsigned>((aio::now() - asker.due) / std::chrono::microseconds(1)));
    free_.push_back(socket);
  }

  void find_end(Asker& asker) {
    const auto end = asker.text.find("\r\n\r\n");
    if (end == std::string::npos) return;
    if (!asker.text.starts_with(right_)) ++bad_;
    std::string lower = asker.text.substr(0, end);
    std::ranges::transform(lower, lower.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    const auto at = lower.find("content-length: ");
    std::size_t length = 0;
    if (at != std::string::npos) std::from_chars(&lower[at + 16], lower.data() + end, length);
    asker.want = end + 4 + length;
  }

  Options options_;
  int poll_;
  std::string right_;
  std::vector<Asker> askers_;
  std::vector<int> free_;
  base::TimePoint began_{};
  std::uint64_t asked_ = 0;
  std::vector<unsigned> micros_;
  std::size_t late_ = 0;
  std::size_t bad_ = 0;
};

std::optional<Options> options_of(const std::vector<std::string>& words) {
  if (words.size() < 4 || words[0] != "load") return std::nullopt;
  Options out;
  out.port = static_cast<std::uint16_t>(std::stoul(words[1]));
  out.connections = std::stoul(words[2]);
  out.length = base::seconds(std::stol(words[3]));
  for (auto word = words.begin() + 4; word != words.end(); ++word) {
    const auto at = word->find('=');
    const std::string name = word->substr(0, at), value = word->substr(at + 1);
    if (name == "rate") {
      out.rate = std::stoul(value);
    } else if (name == "status") {
      out.status = value;
    } else if (name == "clients") {
      out.clients = static_cast<std::uint32_t>(std::stoul(value));
    } else if (name == "requests") {
      out.requests = std::stoul(value);
    } else if (name == "rotate") {
      out.rotate = value == "1";
    } else {
      return std::nullopt;
    }
  }
  return out;
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (words.size() == 1 && words[0] == "serve") return serve();
  const auto options = options_of(words);
  if (!options) {
    std::fputs(
        "http_flood serve | load PORT CONNECTIONS SECONDS "
        "[rate=|status=|clients=|requests=|rotate=N]\n",
        stderr);
    return 2;
  }
  return Load(*options).run();
}
