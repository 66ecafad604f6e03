// The connection to a Redis: batches of commands, one at a time, each answered whole or failed. A
// server that is gone, slow or talks nonsense costs its link and nothing else: it is connected to
// again after a growing while, and who has something to say is told that it was not heard.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "aio/task.h"
#include "base/backoff.h"
#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "net/connection.h"
#include "redis/message.h"
#include "sidecar/settings.h"

namespace sidecar {

/// Thread: that of the executor.
class RedisLink final : private net::ConnectionEvents {
 public:
  using Answers = std::vector<redis::Answer>;
  using Answered = std::function<void(const Answers&)>;

  /// What the log says of it, and how much one answer may be.
  struct Use {
    std::string works, fails;
    std::size_t answer_bytes_max = redis::Reader::kAnswerBytesMax;
  };

  /// As the settings say: address, password and TLS.
  /// Errors: InvalidArgument for the address; what cannot be read of password and certificates.
  static base::Result<std::unique_ptr<RedisLink>> create(aio::Executor executor,
                                                         const RedisSettings& settings,
                                                         std::uint64_t seed, Use use);

  RedisLink(aio::Executor executor, net::Address server, std::shared_ptr<net::TlsContext> tls,
            std::string password, std::uint64_t seed, Use use);
  ~RedisLink();
  RedisLink(const RedisLink&) = delete;
  RedisLink& operator=(const RedisLink&) = delete;

  /// To be called now and then: begins to connect where it is time, ends what takes too long.
  void tend(base::TimePoint now);
  /// Connected, and nothing is unanswered.
  bool ready() const { return state_ == State::Ready; }
  bool connected() const { return state_ == State::Ready || state_ == State::Asking; }
  /// `answered`: once with all answers, unless the link fails before. ready() was true.
  void ask(const std::string& commands, std::size_t count, Answered answered, base::TimePoint now);
  void close();

  std::uint64_t failures() const { return failures_; }
  /// Since when there is no link; kNever: there is one.
  base::TimePoint down_since() const { return down_since_; }

 private:
  enum class State : std::uint8_t { Down, Connecting, Greeting, Ready, Asking };
  void on_connected() override;
  void on_data(std::string_view bytes) override;
  void on_failed(net::Failure failure, const std::string& detail) override;
  void answered_all();
  void fail(const std::string& why);

  aio::Executor executor_;
  net::Address server_;
  std::shared_ptr<net::TlsContext> tls_;
  std::string password_;
  Use use_;
  base::Random random_;
  base::Backoff backoff_;
  std::shared_ptr<net::Connection> connection_;
  redis::Reader reader_;
  State state_ = State::Down;
  std::size_t wanted_ = 0;
  Answers answers_;
  Answered answered_;
  base::TimePoint now_{}, deadline_ = base::kNever, again_at_{}, down_since_{};
  std::uint64_t failures_ = 0;
  bool told_ = false;  // of the present failure, in the log
};

}  // namespace sidecar
