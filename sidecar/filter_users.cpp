#include "sidecar/filter_users.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "aio/entropy.h"
#include "limit/sip_hash.h"
#include "sidecar/error_reply.h"
#include "sidecar/notes.h"

namespace sidecar {
namespace {

/// Users of connections; another connection with the same place only costs a hash.
constexpr std::size_t kKept = 1024;
constexpr std::size_t kKeptNameMax = 256;

struct Refusal {
  int status;
  const char* reason;
  const char* message;
};

Refusal refusal_of(alert::Turn turn) {
  switch (turn) {
    case alert::Turn::Full:
      return {429, "user_queue_full", "as many requests of this user wait as may"};
    case alert::Turn::NoPlace:
      return {503, "too_many_users", "there are as many users as there may be"};
    default: return {503, "user_wait_over", "it was not this request's turn for too long"};
  }
}

/// What the application took to answer, from the request's turn on; negative: it did not.
base::Duration response_of(const Ending& ending, base::TimePoint ran) {
  const bool answered = ending.how == Ended::Complete || ending.how == Ended::Cached ||
                        ending.how == Ended::Upgraded || ending.how == Ended::UpstreamFailed;
  if (!answered || ending.first_byte.count() < 0) return base::Duration(-1);
  return std::max(ending.began + ending.first_byte - ran, base::Duration(0));
}

class UsersFilter final : public Filter {
 public:
  UsersFilter(UserPlaces& places, UserNames names, std::shared_ptr<const Clients> clients,
              std::size_t core)
      : places_(places), names_(std::move(names)), clients_(std::move(clients)), core_(core) {}

  Hooks hooks() const override { return {.request = true, .end = true}; }

  Verdict on_request(Exchange& exchange, base::TimePoint now) override {
    if (exchange.own_service || clients_->is_exempt(exchange)) return Verdict::Forward;
    const alert::UserId user = user_of(exchange);
    exchange.notes[kUserNote] = user.value();
    return make(places_.arrive(user, core_, now), exchange, now);
  }

  Verdict on_turn(Exchange& exchange, base::TimePoint now) override {
    const alert::UserId user(exchange.notes[kUserNote]);
    return make(places_.ask(user, exchange.notes[kTurnNote], now), exchange, now);
  }

  void on_end(const Exchange& exchange, const Ending& ending) override {
    const std::uint64_t number = exchange.notes[kTurnNote];
    if (number == 0) return;
    const alert::UserId user(exchange.notes[kUserNote]);
    const base::TimePoint now = ending.began + ending.took;
    if (exchange.notes[kRanNote] == 0) return places_.abandon(user, number, now);
    const base::TimePoint ran{base::Duration(static_cast<std::int64_t>(exchange.notes[kRanNote]))};
    places_.end(user, response_of(ending, ran), now);
  }

 private:
  /// What is kept of a name, by which it is known again and not found out: a cookie may be a key.
  using Mark = std::array<std::uint64_t, 2>;
  /// Who the user of the request before on a connection was, and by what.
  struct Kept {
    Mark name{};
    limit::Address client;
    std::optional<alert::UserId> user;
  };

  /// Hashed again only where a connection says another name than before.
  alert::UserId user_of(const Exchange& exchange) {
    const limit::Address client = clients_->of(exchange);
    const auto name = names_.said(exchange.request);
    if (name && name->size() > kKeptNameMax) return names_.of(name, client);
    const Mark mark = mark_of(name.value_or(""));  // what is said is not empty
    Kept& kept = kept_[place_of(*exchange.client, kKept)];
    if (kept.user && kept.name == mark && kept.client == client) return *kept.user;
    kept = {mark, client, names_.of(name, client)};
    return *kept.user;
  }

  Mark mark_of(std::string_view name) const {
    constexpr std::size_t kWord = sizeof(std::uint64_t);
    std::array<std::uint64_t, kKeptNameMax / kWord + 1> words;  // the first of them are written
    const std::size_t count = (name.size() + kWord - 1) / kWord;
    if (count > 0) words[count - 1] = 0;  // behind the last letter
    std::memcpy(words.data(), name.data(), name.size());
    words[count] = name.size();
    const std::span all(words.data(), count + 1);
    return {limit::sip_hash(marks_[0], all), limit::sip_hash(marks_[1], all)};
  }

  static Verdict make(const alert::Move& move, Exchange& exchange, base::TimePoint now) {
    exchange.notes[kTurnNote] = move.number;
    switch (move.turn) {
      case alert::Turn::Run:
        exchange.notes[kRanNote] = static_cast<std::uint64_t>(now.time_since_epoch().count());
        return Verdict::Forward;
      case alert::Turn::Wait: exchange.ask_at = move.ask_at; return Verdict::Wait;
      default: refuse(move, exchange); return Verdict::Answer;
    }
  }

  static void refuse(const alert::Move& move, Exchange& exchange) {
    exchange.notes[kTurnNote] = 0;
    const Refusal refusal = refusal_of(move.turn);
    reply_with_error(exchange, refusal.status, refusal.reason, refusal.message);
    const auto seconds = (move.come_back + base::seconds(1) - base::Duration(1)) / base::seconds(1);
    exchange.to_client.add("Retry-After", fmt::format("{}", seconds));
  }

  UserPlaces& places_;
  const UserNames names_;
  const std::shared_ptr<const Clients> clients_;
  const std::size_t core_;
  const std::array<limit::SipKey, 2> marks_{limit::SipKey{aio::seed(), aio::seed()},
                                            limit::SipKey{aio::seed(), aio::seed()}};
  std::vector<Kept> kept_{kKept};
};

}  // namespace

std::unique_ptr<Filter> make_users_filter(UserPlaces& places, UserNames names,
                                          std::shared_ptr<const Clients> clients,
                                          std::size_t core) {
  return std::make_unique<UsersFilter>(places, std::move(names), std::move(clients), core);
}

}  // namespace sidecar
