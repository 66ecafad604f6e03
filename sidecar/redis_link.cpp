#include "sidecar/redis_link.h"

#include <utility>

#include "sidecar/log.h"
#include "sidecar/secret.h"

namespace sidecar {
namespace {

constexpr base::Duration kConnectWithin = base::seconds(2);
constexpr base::Duration kAnswerWithin = base::seconds(1);
constexpr base::BackoffPolicy kBackoff{
    .first = base::millis(200), .longest = base::seconds(10), .factor = 2.0, .jitter = 0.5};

}  // namespace

base::Result<std::unique_ptr<RedisLink>> RedisLink::create(aio::Executor executor,
                                                           const RedisSettings& settings,
                                                           std::uint64_t seed, Use use) {
  TRY(net::Address server, net::Address::parse(settings.server));
  TRY(std::string password, redis_password(settings.password_file));
  std::shared_ptr<net::TlsContext> tls;
  if (settings.tls) {
    TRY(tls, net::make_tls_context_of(settings.ca_file));
  }
  return std::make_unique<RedisLink>(std::move(executor), std::move(server), std::move(tls),
                                     std::move(password), seed, std::move(use));
}

RedisLink::RedisLink(aio::Executor executor, net::Address server,
                     std::shared_ptr<net::TlsContext> tls, std::string password, std::uint64_t seed,
                     Use use)
    : executor_(std::move(executor)),
      server_(std::move(server)),
      tls_(std::move(tls)),
      password_(std::move(password)),
      use_(std::move(use)),
      random_(seed),
      backoff_(kBackoff),
      reader_(use_.answer_bytes_max) {}

RedisLink::~RedisLink() {
  close();
}

void RedisLink::tend(base::TimePoint now) {
  now_ = now;
  if (down_since_ == base::TimePoint{}) down_since_ = now;
  if (state_ == State::Down && now >= again_at_) {
    net::ConnectionEvents& events = *this;
    connection_ = tls_ == nullptr ? net::make_tcp(executor_, server_, events)
                                  : net::make_tls(executor_, server_, tls_, events);
    reader_.reset();
    state_ = State::Connecting;
    deadline_ = now + kConnectWithin;
    connection_->connect();
  } else if (now >= deadline_) {
    fail(state_ == State::Asking ? "it took too long to answer" : "it took too long to connect");
  }
}

void RedisLink::on_connected() {
  state_ = State::Greeting;
  const std::string ping = redis::command({"PING"});
  wanted_ = password_.empty() ? 1 : 2;
  answers_.clear();
  if (!connection_->send(password_.empty() ? ping : redis::command({"AUTH", password_}) + ping)) {
    fail("it was lost");
  }
}

void RedisLink::ask(const std::string& commands, std::size_t count, Answered answered,
                    base::TimePoint now) {
  state_ = State::Asking;
  wanted_ = count;
  answers_.clear();
  answered_ = std::move(answered);
  deadline_ = now + kAnswerWithin;
  if (!connection_->send(commands)) fail("it was lost");
}

void RedisLink::on_data(std::string_view bytes) {
  if (state_ != State::Greeting && state_ != State::Asking)
    return fail("it said what nobody asked");
  reader_.feed(bytes);
  while (answers_.size() < wanted_) {
    auto answer = reader_.next();
    if (reader_.broken()) return fail("what it said is no answer");
    if (!answer) return;
    // It refuses one command for what holds for all: no rights, no memory, still loading.
    if (answer->kind == redis::Answer::Kind::Error) return fail(answer->text);
    answers_.push_back(std::move(*answer));
  }
  if (reader_.pending()) return fail("it said more than was asked");
  answered_all();
}

void RedisLink::answered_all() {
  state_ = State::Ready;
  deadline_ = base::kNever;
  if (down_since_ != base::kNever) {
    log(Level::Info, use_.works, {{"redis", server_.text()}});
    down_since_ = base::kNever;
    told_ = false;
  }
  const Answered answered = std::exchange(answered_, nullptr);
  if (!answered) return;  // it was the greeting
  backoff_.reset();
  answered(answers_);
}

void RedisLink::on_failed(net::Failure /*failure*/, const std::string& detail) {
  fail(detail);
}

void RedisLink::fail(const std::string& why) {
  close();
  ++failures_;
  again_at_ = now_ + backoff_.next(random_);
  if (down_since_ == base::kNever) down_since_ = now_;
  if (std::exchange(told_, true)) return;
  log(Level::Warning, use_.fails, {{"redis", server_.text()}, {"why", why}});
}

void RedisLink::close() {
  // The connection may be the caller: it is given up when the next one is made.
  if (connection_ != nullptr) connection_->close();
  state_ = State::Down;
  deadline_ = base::kNever;
  answered_ = nullptr;
}

}  // namespace sidecar
