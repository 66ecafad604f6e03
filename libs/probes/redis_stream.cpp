#include "probes/redis_stream.h"

#include <utility>

#include <fmt/format.h>

#include "probes/link_operation.h"
#include "redis/message.h"

namespace probes {
namespace {

using drill::Cause;
using Kind = redis::Answer::Kind;

constexpr const char* kExpiresAfterMillis = "60000";
constexpr std::size_t kIdentityDigits = 12;  // of the 40 that a server draws at its start

/// What an explicit refusal of the server says. It did nothing.
Cause cause_of(const redis::Answer& error) {
  const std::string_view code = error.code();
  if (code == "READONLY") return Cause::ReadOnly;
  for (const char* away : {"LOADING", "MASTERDOWN", "CLUSTERDOWN", "BUSY", "NOREPLICAS"}) {
    if (code == away) return Cause::Unavailable;
  }
  const bool full = error.text.starts_with("ERR max number of clients reached");
  return full ? Cause::Unavailable : Cause::Rejected;
}

class RedisOperation;

class RedisSlot final : public LinkSlot {
 public:
  RedisSlot(RedisOperation& stream, std::size_t number);

 private:
  bool greet() override;
  void take_greeting(std::string_view bytes) override;
  void heard(const redis::Answer& answer);
  void reset() override {}
  void send() override;
  void take(std::string_view bytes) override;

  RedisOperation& stream_;
  redis::Reader reader_;
  bool logging_in_ = false;
  std::size_t greetings_ = 0;  // answers to the greeting that are still to come
  std::string info_;
  std::uint16_t server_id_ = 0;  // of the present connection
};

class RedisOperation final : public LinkOperation {
 public:
  RedisOperation(LinkTarget target, RedisExchange exchange, Connections connections,
                 ServerTable& servers)
      : LinkOperation(std::move(target), connections, true),
        exchange_(std::move(exchange)),
        servers_(servers) {}

  std::string login() const {
    if (exchange_.password.empty()) return "";
    return exchange_.user.empty() ? redis::command({"AUTH", exchange_.password})
                                  : redis::command({"AUTH", exchange_.user, exchange_.password});
  }
  std::string write(std::uint64_t seq) const {
    return redis::command({"SET", exchange_.key, std::to_string(seq), "PX", kExpiresAfterMillis});
  }
  /// 0 where the server did not say who it is.
  std::uint16_t server(const std::string& info) {
    const std::string start = redis::info_line(info, "run_id");
    if (start.empty()) return 0;
    return servers_.id(
        fmt::format("{}@{} {}", redis::info_line(info, "tcp_port").substr(0, kIdentityDigits),
                    start.substr(0, kIdentityDigits),
                    redis::info_line(info, "role").substr(0, kIdentityDigits)),
        "");
  }

 private:
  std::unique_ptr<LinkSlot> make_slot(std::size_t number) override {
    return std::make_unique<RedisSlot>(*this, number);
  }

  RedisExchange exchange_;
  ServerTable& servers_;
};

RedisSlot::RedisSlot(RedisOperation& stream, std::size_t number)
    : LinkSlot(stream, number), stream_(stream) {}

bool RedisSlot::greet() {
  reader_.reset();
  info_.clear();
  server_id_ = 0;
  std::string greeting = stream_.login();
  logging_in_ = !greeting.empty();
  greetings_ = logging_in_ ? 3 : 2;
  greeting += redis::command({"INFO", "server"}) + redis::command({"INFO", "replication"});
  say(greeting);
  return true;
}

void RedisSlot::take_greeting(std::string_view bytes) {
  reader_.feed(bytes);
  while (greetings_ > 0) {
    const auto answer = reader_.next();
    if (reader_.broken()) return turned_away(Cause::Protocol);
    if (!answer) return;
    // Said to a connection that is closed at once: nothing that was asked is answered.
    const bool denied = logging_in_ && answer->kind == Kind::Error;
    const Cause cause = answer->kind == Kind::Error ? cause_of(*answer) : Cause::None;
    if (denied || cause == Cause::Unavailable) return turned_away(cause);
    heard(*answer);
  }
  if (reader_.pending()) return turned_away(Cause::Protocol);
  server_id_ = stream_.server(info_);
  greeted();
}

// A user who may not ask for INFO may still write: then it is not known who answers.
void RedisSlot::heard(const redis::Answer& answer) {
  --greetings_;
  logging_in_ = false;
  if (answer.kind == Kind::Text) info_ += answer.text;
}

void RedisSlot::send() {
  transmit(stream_.write(due().seq));
}

void RedisSlot::take(std::string_view bytes) {
  reader_.feed(bytes);
  const auto answer = reader_.next();
  if (!answer && !reader_.broken()) return;
  if (!answer || reader_.pending()) return end_broken();
  const bool done = answer->kind == Kind::Status && answer->text == "OK";
  if (!done && answer->kind != Kind::Error) return end_broken();
  Completion completion = done ? Completion::ok() : Completion::fail(cause_of(*answer));
  completion.server_id = server_id_;
  end(completion);
}

}  // namespace

std::unique_ptr<Operation> make_redis_operation(LinkTarget target, RedisExchange exchange,
                                                Connections connections, ServerTable& servers) {
  return std::make_unique<RedisOperation>(std::move(target), std::move(exchange), connections,
                                          servers);
}

}  // namespace probes
