#include "kube/exec.h"

#include <utility>

#include <fmt/format.h>

#include "aio/deadline.h"
#include "kube/channel.h"
#include "kube/channel_socket.h"
#include "net/websocket.h"

namespace kube {
namespace {

/// How long output is waited for after the command's end was told, and the closing handshake.
constexpr base::Duration kLinger = base::seconds(2);

std::string target_of(const ExecRequest& request, bool input) {
  Query query;
  query.add("container", request.container).repeat("command", request.argv);
  if (input) query.add("stdin", "true");
  query.add("stdout", "true").add("stderr", "true");
  return path_of(kPods, request.pod, "exec") + query.text();
}

/// Everything that is said, until it is told how the command ended and the server has closed.
aio::Task<base::Result<>> listen(aio::Clock& clock, net::WebSocket& socket,
                                 ExecTranscript& transcript, std::stop_token stop) {
  while (!transcript.told()) {
    CO_TRY(const auto message, co_await socket.receive(stop));
    if (!message) co_return base::Result<>{};
    CO_TRY(transcript.take(*message));
  }
  aio::Deadline linger(clock, co_await boost::asio::this_coro::executor, clock.now() + kLinger,
                       std::move(stop));
  for (;;) {
    const auto message = co_await socket.receive(linger.token());
    if (!message || !*message) co_return base::Result<>{};
    CO_TRY(transcript.take(**message));
  }
}

aio::Task<base::Result<ExecOutcome>> converse(aio::Clock& clock, net::WebSocket& socket,
                                              const ExecRequest& request, std::stop_token stop) {
  const aio::Executor executor = co_await boost::asio::this_coro::executor;
  ExecTranscript transcript(request.output_bytes_max);
  const auto heard = co_await listen(clock, socket, transcript, stop);
  aio::Deadline closing(clock, executor, clock.now() + kLinger, stop);
  co_await socket.close(closing.token());
  if (!heard && !transcript.told()) co_return tl::unexpected(heard.error());
  ExecOutcome out;
  CO_TRY(out.exit_code, transcript.end());
  out.out = std::move(transcript.out);
  out.err = std::move(transcript.err);
  out.truncated = transcript.truncated;
  out.protocol = socket.protocol();
  co_return out;
}

}  // namespace

std::string exec_name(const ExecRequest& request) {
  return fmt::format("exec {} in {}", request.argv.empty() ? "nothing" : request.argv.front(),
                     to_string(request.pod));
}

aio::Task<base::Result<std::shared_ptr<net::WebSocket>>> open_exec(Client& client,
                                                                   ExecRequest request, bool input,
                                                                   std::stop_token stop) {
  if (request.argv.empty()) {
    co_return base::fail(base::Code::InvalidArgument, "a command is needed");
  }
  co_return co_await open_channels(client, target_of(request, input), {kChannelsV5, kChannelsV4},
                                   std::move(stop));
}

namespace {

aio::Task<base::Result<ExecOutcome>> attempt(aio::Clock& clock, Client& client,
                                             const ExecRequest& request, std::stop_token stop) {
  CO_TRY(const auto socket, co_await open_exec(client, request, false, stop));
  co_return co_await converse(clock, *socket, request, std::move(stop));
}

}  // namespace

aio::Task<base::Result<ExecOutcome>> exec(aio::Clock& clock, Client& client, ExecRequest request,
                                          base::TimePoint deadline, std::stop_token stop) {
  const std::string what = exec_name(request);
  aio::Deadline limit(clock, co_await boost::asio::this_coro::executor, deadline, std::move(stop));
  auto outcome = co_await attempt(clock, client, request, limit.token());
  if (outcome) co_return outcome;
  base::Error error = outcome.error().with(what);
  if (limit.expired()) {
    error = limit.error(what, outcome.error().message);
    error.retry = outcome.error().retry;
  }
  co_return tl::unexpected(std::move(error));
}

bool may_have_run(const base::Error& error) {
  switch (error.code) {
    case base::Code::InvalidArgument:
    case base::Code::NotFound:
    case base::Code::PermissionDenied:
    case base::Code::FailedPrecondition: return false;
    default: return error.retry == base::Retry::Terminal;
  }
}

}  // namespace kube
