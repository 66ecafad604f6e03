#include "sidecar/redirect/kernel.h"

#include <cerrno>
#include <libmnl/libmnl.h>
#include <memory>
#include <string>
#include <sys/time.h>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "sidecar/redirect/messages.h"

namespace redirect {
namespace {

constexpr timeval kAnswersWithin{.tv_sec = 5, .tv_usec = 0};
constexpr std::size_t kReplyWords = 8192;

base::Code code_of(int error) {
  switch (error) {
    case EPERM:
    case EACCES: return base::Code::PermissionDenied;
    case EAGAIN:
    case EINTR: return base::Code::Unavailable;
    default: return base::Code::FailedPrecondition;
  }
}

const char* why(base::Code code) {
  switch (code) {
    case base::Code::PermissionDenied: return "it needs the capability NET_ADMIN";
    case base::Code::Unavailable: return "no answer in time, or rules that somebody changed";
    default: return "this kernel has no nftables with nat and fib, as Linux 5.2 and newer have";
  }
}

tl::unexpected<base::Error> failed(const std::string& what, int error) {
  const base::Code code = code_of(error);
  return base::fail(
      code, fmt::format("{}: {}: {}", what, std::generic_category().message(error), why(code)));
}

/// What is made of a reply, message by message.
struct Reply {
  Rules rules;
  base::Result<> result;
  bool done = false;
};

int take(const nlmsghdr* message, void* into) {
  auto& reply = *static_cast<Reply*>(into);
  auto rule = rule_of(*message);
  if (!rule) {
    reply.result = tl::unexpected(std::move(rule.error()));
    return MNL_CB_STOP;
  }
  if (*rule) reply.rules.push_back(**rule);
  return MNL_CB_OK;
}

int take_error(const nlmsghdr* message, void* into) {
  auto& reply = *static_cast<Reply*>(into);
  const auto* const said = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message));
  if (mnl_nlmsg_get_payload_len(message) < sizeof(*said)) {
    reply.result = failed("nftables", EBADMSG);
  } else if (said->error != 0) {
    reply.result = failed("nftables, " + subject(said->msg.nlmsg_type), -said->error);
  }
  reply.done = true;
  return MNL_CB_STOP;
}

int take_end(const nlmsghdr* /*message*/, void* into) {
  static_cast<Reply*>(into)->done = true;
  return MNL_CB_STOP;
}

int take_nothing(const nlmsghdr* /*message*/, void* /*into*/) {
  return MNL_CB_OK;
}

class Nftables {
 public:
  static base::Result<Nftables> open() {
    Nftables out(mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC));
    if (!out.socket_) return failed("nftables", errno);
    if (mnl_socket_bind(out.socket_.get(), 0, MNL_SOCKET_AUTOPID) < 0) {
      return failed("nftables", errno);
    }
    const int fd = mnl_socket_get_fd(out.socket_.get());
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kAnswersWithin, sizeof(kAnswersWithin)) < 0) {
      return failed("nftables", errno);
    }
    return out;
  }

  base::Result<Rules> ask(const Messages& messages) {
    const std::size_t size = messages.size() * sizeof(messages[0]);
    if (mnl_socket_sendto(socket_.get(), messages.data(), size) < 0) {
      return failed("nftables", errno);
    }
    Reply reply;
    while (!reply.done && reply.result) {
      TRY(receive(reply));
    }
    TRY(reply.result);
    return std::move(reply.rules);
  }

 private:
  struct Close {
    void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
  };
  explicit Nftables(mnl_socket* socket) : socket_(socket) {}

  base::Result<> receive(Reply& reply) {
    Messages words(kReplyWords);
    const ssize_t size =
        mnl_socket_recvfrom(socket_.get(), words.data(), words.size() * sizeof(words[0]));
    if (size < 0) return failed("nftables", errno);
    // By the type of what is no message of nftables itself: nothing, an error or its absence, the
    // end of a list.
    mnl_cb_t control[] = {nullptr, take_nothing, take_error, take_end};
    if (mnl_cb_run2(words.data(), static_cast<std::size_t>(size), 0,
                    mnl_socket_get_portid(socket_.get()), take, &reply, control,
                    std::size(control)) == MNL_CB_ERROR) {
      return failed("nftables", errno);
    }
    return {};
  }

  std::unique_ptr<mnl_socket, Close> socket_;
};

}  // namespace

base::Result<> put(const Rules& rules) {
  TRY(Nftables kernel, Nftables::open());
  TRY(kernel.ask(to_replace(rules)));
  TRY(const Rules found, kernel.ask(to_list()));
  if (found == rules) return {};
  std::string all;
  for (const Rule& each : found) all += "; " + words(each);
  return base::fail(base::Code::FailedPrecondition,
                    fmt::format("the kernel took the rules, and has others{}", all));
}

}  // namespace redirect
