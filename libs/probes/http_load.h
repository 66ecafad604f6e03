// The load's sender for an application: requests over HTTP, as browsers send them. Every user has a
// keep-alive connection and cookies of its own and does one thing at a time; what becomes due while
// it is busy waits for its turn, as a person would, and the wait counts.
//   secured operations   a user who is not logged in does that first; its time counts, because it
//   is
//                        part of what the user waits for
//   401 or a redirect    where it is not a wanted answer: the operation has failed, and the user is
//                        not logged in any more
//   time limit           of an operation, login and connecting included
// service_time is what the answer says in its header Server-Timing of the time in the database.
//
// The capacity reads use the same sender over several connections that belong to no user.
//
// Thread: one executor.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "probes/http_line.h"
#include "probes/load_runner.h"

namespace probes {

struct HttpLoadOperation {
  HttpExchange exchange;  // $user and $key in path, body and expected text are replaced
  bool secured = false;
};

struct HttpLoad {
  LinkTarget target;
  std::vector<HttpLoadOperation> operations;
  std::optional<HttpExchange> login;  // needed for secured operations
  base::Duration time_limit = base::seconds(30);
};

class HttpLoadSender final : public LoadSender {
 public:
  enum class Lines {
    OfUsers,  // line n is user n's
    Shared,   // any line that is free
  };

  /// Errors: InvalidArgument for a request that cannot be sent, or a secured one without a login.
  static base::Result<std::unique_ptr<HttpLoadSender>> create(aio::Clock& clock,
                                                              const aio::Executor& executor,
                                                              HttpLoad load, std::size_t lines,
                                                              Lines kind);
  /// Nothing is being sent.
  ~HttpLoadSender() override;

  aio::Task<LoadOutcome> send(LoadTurn turn, std::stop_token stop) override;

 private:
  struct User;
  struct Waiter;
  /// Who waits for one of these users, first come first served.
  struct Queue {
    std::vector<User*> free;
    std::deque<Waiter*> waiting;
  };
  HttpLoadSender(aio::Clock& clock, const aio::Executor& executor, HttpLoad load, std::size_t lines,
                 Lines kind);
  aio::Task<User*> take_user(Queue& queue, std::stop_token stop);
  static void give_back(Queue& queue, User* user);
  aio::Task<LoadOutcome> perform(User& user, LoadTurn turn, std::stop_token stop);
  aio::Task<Completion> ask(User& user, HttpExchange exchange, LoadTurn turn, std::stop_token stop);

  aio::Clock& clock_;
  aio::Executor executor_;
  HttpLoad load_;
  std::vector<std::unique_ptr<User>> users_;
  std::vector<Queue> queues_;
};

}  // namespace probes
