#include "kube/exec_session.h"

#include <utility>

#include <fmt/format.h>

#include "kube/channel.h"
#include "kube/channel_socket.h"
#include "net/websocket.h"

namespace kube {
namespace {

class Session final : public ExecSession {
 public:
  Session(std::shared_ptr<net::WebSocket> socket, std::string what, std::size_t error_bytes_max)
      : socket_(std::move(socket)), what_(std::move(what)), transcript_(error_bytes_max) {}

  aio::Task<base::Result<std::string>> read(std::stop_token stop) override {
    // Output may follow the word of its end; the server closes when it has all been said.
    while (!over_) {
      auto message = co_await socket_->receive(stop);
      over_ = !message || !*message;
      if (!message && !transcript_.told()) {
        co_return tl::unexpected(message.error().with(what_));
      }
      if (over_) break;
      const auto part = channel_part(**message);
      if (part && part->channel == kStdout) {
        if (!part->bytes.empty()) co_return std::string(part->bytes);
        continue;
      }
      if (const auto taken = transcript_.take(**message); !taken) {
        co_return tl::unexpected(taken.error().with(what_));
      }
    }
    co_return ended();
  }

  aio::Task<base::Result<>> write(std::string bytes, std::stop_token stop) override {
    const auto sent = co_await send_on_channel(*socket_, kStdin, bytes, std::move(stop));
    if (!sent) co_return tl::unexpected(sent.error().with(what_));
    co_return base::Result<>{};
  }

  aio::Task<> close(std::stop_token stop) override { return socket_->close(std::move(stop)); }

 private:
  base::Result<std::string> ended() const {
    const auto code = transcript_.end();
    if (!code) return tl::unexpected(code.error().with(what_));
    if (*code == 0) return std::string();
    return base::fail(base::Code::Unavailable,
                      fmt::format("{}: exit code {}: {}", what_, *code, transcript_.err));
  }

  std::shared_ptr<net::WebSocket> socket_;
  std::string what_;
  ExecTranscript transcript_;
  bool over_ = false;  // nothing more is said
};

}  // namespace

aio::Task<base::Result<std::unique_ptr<ExecSession>>> ExecSession::open(Client& client,
                                                                        ExecRequest request,
                                                                        std::stop_token stop) {
  const std::size_t error_bytes_max = request.output_bytes_max;
  std::string what = exec_name(request);
  auto socket = co_await open_exec(client, std::move(request), true, std::move(stop));
  if (!socket) co_return tl::unexpected(socket.error().with(what));
  co_return std::make_unique<Session>(std::move(*socket), std::move(what), error_bytes_max);
}

}  // namespace kube
