#include "probes/http_load.h"

#include <utility>

#include <fmt/format.h>

#include "aio/deadline.h"
#include "base/check.h"

namespace probes {

using drill::Cause;
using drill::Outcome;

struct HttpLoadSender::User {
  User(const aio::Executor& executor, const LinkTarget& target) : line(executor, target) {}
  HttpLine line;
  net::CookieJar cookies;
  bool logged_in = false;
};

struct HttpLoadSender::Waiter {
  explicit Waiter(const aio::Executor& executor) : turn(executor) {}
  aio::Event turn;
  User* granted = nullptr;
};

base::Result<std::unique_ptr<HttpLoadSender>> HttpLoadSender::create(aio::Clock& clock,
                                                                     const aio::Executor& executor,
                                                                     HttpLoad load,
                                                                     std::size_t lines,
                                                                     Lines kind) {
  if (load.operations.empty() || lines == 0) {
    return base::fail(base::Code::InvalidArgument, "load: operations and users are needed");
  }
  if (load.login) TRY(check(*load.login));
  for (const HttpLoadOperation& operation : load.operations) {
    TRY(check(operation.exchange));
    if (operation.secured && !load.login) {
      return base::fail(
          base::Code::InvalidArgument,
          fmt::format("load: {} is secured, which needs a login", operation.exchange.path));
    }
  }
  return std::unique_ptr<HttpLoadSender>(
      new HttpLoadSender(clock, executor, std::move(load), lines, kind));
}

HttpLoadSender::HttpLoadSender(aio::Clock& clock, const aio::Executor& executor, HttpLoad load,
                               std::size_t lines, Lines kind)
    : clock_(clock),
      executor_(executor),
      load_(std::move(load)),
      queues_(kind == Lines::Shared ? 1 : lines) {
  for (std::size_t i = 0; i < lines; ++i) {
    users_.push_back(std::make_unique<User>(executor_, load_.target));
    queues_[i % queues_.size()].free.push_back(users_.back().get());
  }
}

HttpLoadSender::~HttpLoadSender() {
  for (const Queue& queue : queues_) CHECK(queue.waiting.empty());
}

aio::Task<HttpLoadSender::User*> HttpLoadSender::take_user(Queue& queue, std::stop_token stop) {
  if (!queue.free.empty()) {
    User* const user = queue.free.back();
    queue.free.pop_back();
    co_return user;
  }
  Waiter waiter(executor_);
  queue.waiting.push_back(&waiter);
  co_await waiter.turn.wait(stop);
  if (waiter.granted == nullptr) {
    std::erase(queue.waiting, &waiter);
    co_return nullptr;
  }
  if (!stop.stop_requested()) co_return waiter.granted;
  give_back(queue, waiter.granted);  // granted and stopped at once
  co_return nullptr;
}

void HttpLoadSender::give_back(Queue& queue, User* user) {
  if (queue.waiting.empty()) {
    queue.free.push_back(user);
    return;
  }
  Waiter* const next = queue.waiting.front();
  queue.waiting.pop_front();
  next->granted = user;
  next->turn.set();
}

aio::Task<LoadOutcome> HttpLoadSender::send(LoadTurn turn, std::stop_token stop) {
  Queue& queue = queues_[turn.user % queues_.size()];
  User* const user = co_await take_user(queue, stop);
  if (user == nullptr) co_return LoadOutcome{Outcome::Fail, Cause::Stopped, {}};
  LoadOutcome outcome;
  {
    aio::Deadline deadline(clock_, executor_, clock_.now() + load_.time_limit, stop);
    outcome = co_await perform(*user, turn, deadline.token());
    if (outcome.cause == Cause::Stopped && deadline.expired()) {
      outcome.cause = outcome.outcome == Outcome::Fail ? Cause::ConnectTimeout : Cause::Timeout;
    }
  }
  give_back(queue, user);
  co_return outcome;
}

aio::Task<LoadOutcome> HttpLoadSender::perform(User& user, LoadTurn turn, std::stop_token stop) {
  const HttpLoadOperation& operation = load_.operations[turn.operation];
  if (operation.secured && !user.logged_in) {
    user.cookies.clear();
    const Completion login = co_await ask(user, *load_.login, turn, stop);
    user.logged_in = login.outcome == Outcome::Ok;
    if (!user.logged_in) co_return LoadOutcome{login.outcome, login.cause, {}};
  }
  const Completion done = co_await ask(user, operation.exchange, turn, std::move(stop));
  LoadOutcome outcome{done.outcome, done.cause, {}};
  if (user.line.answered()) outcome.service_time = user.line.last().database_time();
  co_return outcome;
}

aio::Task<Completion> HttpLoadSender::ask(User& user, HttpExchange exchange, LoadTurn turn,
                                          std::stop_token stop) {
  HttpExchange wanted = filled(filled(std::move(exchange), "user", turn.user), "key", turn.key);
  const Completion done = co_await user.line.ask(std::move(wanted), user.cookies, std::move(stop));
  if (!user.line.answered()) co_return done;
  HttpAsk& asked = user.line.last();
  asked.give_cookies(user.cookies);
  const unsigned status = asked.answer().status();
  if (!asked.expected() && (status == 401 || (status >= 300 && status < 400))) {
    user.cookies.clear();
    user.logged_in = false;
  }
  co_return done;
}

}  // namespace probes
