#include "probes/session_stream.h"

#include "probes/http_slot.h"

namespace probes {

using drill::Cause;

namespace {

struct Session {
  bool made = false;
  bool logging_in = false;
  net::CookieJar cookies;
};

/// A denial is explicit; what else is not the wanted answer tells nothing of the session.
Completion carried_on(HttpAsk& ask) {
  const Completion judged = ask.judged();
  if (judged.outcome == drill::Outcome::Ok) return judged;
  const unsigned status = ask.answer().status();
  const bool denied = ask.expected() || (status >= 300 && status < 400) || status == 401 ||
                      status == 403 || status == 404;
  if (denied) return Completion::fail(Cause::Rejected);
  return {judged.outcome, Cause::Unavailable};
}

class SessionOperation final : public LinkOperation {
 public:
  SessionOperation(const LinkTarget& target, SessionExchange exchange)
      : LinkOperation(target, Connections::New, true),
        address_(target.address),
        exchange_(std::move(exchange)),
        sessions_(exchange_.sessions) {}

  std::uint64_t number_of(const Due& due) const { return (due.seq - 1) % exchange_.sessions; }
  Session& session(std::uint64_t number) { return sessions_[number]; }

  void begin(HttpAsk& ask, std::uint64_t number) {
    const Session& session = sessions_[number];
    const HttpExchange& exchange = session.made ? exchange_.carry_on : exchange_.login;
    ask.begin(filled(exchange, "session", number), address_, session.cookies);
  }

 private:
  std::unique_ptr<LinkSlot> make_slot(std::size_t number) override;

  net::Address address_;
  SessionExchange exchange_;
  std::vector<Session> sessions_;
};

class SessionSlot final : public HttpAnswerSlot {
 public:
  SessionSlot(SessionOperation& stream, std::size_t number)
      : HttpAnswerSlot(stream, number), stream_(stream) {}

 private:
  void reset() override {
    number_ = stream_.number_of(due());
    Session& session = stream_.session(number_);
    held_ = session.logging_in;
    login_ = !session.made && !held_;
    session.logging_in |= login_;
    stream_.begin(ask_, number_);
  }
  std::optional<Completion> held_back() override {
    return held_ ? std::optional(Completion::fail(Cause::Blocked)) : std::nullopt;
  }
  void send() override { transmit(ask_.text()); }
  net::HttpResponseParser& answer() override { return ask_.answer(); }
  void ended(Completion& completion) override {
    completion.value = static_cast<std::int64_t>(number_);
    if (login_) stream_.session(number_).logging_in = false;
  }

  void answered() override {
    Session& session = stream_.session(number_);
    Completion completion = login_ ? ask_.judged() : carried_on(ask_);
    if (completion.outcome == drill::Outcome::Ok) ask_.give_cookies(session.cookies);
    if (login_ && completion.outcome == drill::Outcome::Ok) {
      session.made = !session.cookies.empty();
      if (!session.made) completion = Completion::info(Cause::Rejected);
    }
    end(completion);
  }

  SessionOperation& stream_;
  HttpAsk ask_;
  std::uint64_t number_ = 0;
  bool login_ = false;
  bool held_ = false;  // a login of an earlier turn is still under way
};

std::unique_ptr<LinkSlot> SessionOperation::make_slot(std::size_t number) {
  return std::make_unique<SessionSlot>(*this, number);
}

}  // namespace

base::Result<std::unique_ptr<Operation>> make_session_operation(LinkTarget target,
                                                                SessionExchange exchange) {
  TRY(check(exchange.login));
  TRY(check(exchange.carry_on));
  if (exchange.sessions == 0) {
    return base::fail(base::Code::InvalidArgument, "session: at least one session is needed");
  }
  return std::make_unique<SessionOperation>(target, std::move(exchange));
}

}  // namespace probes
