#include "sidecar/filter_limit.h"

#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "aio/clock.h"
#include "http1/head.h"
#include "limit/client.h"
#include "limit/fields.h"
#include "limit/header_order.h"
#include "sidecar/client_address.h"
#include "sidecar/error_reply.h"
#include "sidecar/notes.h"

namespace sidecar {
namespace {

/// Fingerprints of connections; another one with the same place only costs a hash.
constexpr std::size_t kCaches = 1024;

/// What the limits look at, gathered in one pass over the fields.
struct Seen {
  std::array<limit::Header, http1::kFieldsMax> headers;  // the first `count` are written
  std::size_t count = 0;
  ForwardedFor forwarded;
  std::string_view user_agent, accept_language;
  bool accept = false, accept_encoding = false;

  /// What was written before is not looked at again.
  void clear() {
    count = 0;
    forwarded.clear();
    user_agent = accept_language = {};
    accept = accept_encoding = false;
  }
  void add(const http1::Field& field) {
    headers[count++] = {field.name, field.value};
    switch (field.name.size()) {
      case 6: accept = accept || http1::same_name(field.name, "accept"); break;
      case 10:
        if (http1::same_name(field.name, "user-agent")) user_agent = field.value;
        break;
      case 15: add_long(field); break;
      default: break;
    }
  }

 private:
  void add_long(const http1::Field& field) {
    if (http1::same_name(field.name, "accept-language")) {
      accept_language = field.value;
    } else if (http1::same_name(field.name, "accept-encoding")) {
      accept_encoding = true;
    } else if (http1::same_name(field.name, "x-forwarded-for")) {
      forwarded.add(field.value);
    }
  }
};

/// Every so many decisions one is timed: two looks at a clock cost a fifth of a fingerprint.
constexpr std::uint32_t kTimedEvery = 64;
/// While nobody counts for all replicas; by then Redis was tried again.
constexpr std::string_view kClosedRetryAfter = "5";

class LimitFilter final : public Filter {
 public:
  LimitFilter(Protection& protection, LimitSurroundings around)
      : protection_(protection),
        figures_(around.figures),
        crypto_(around.crypto),
        closed_(around.closed),
        told_(std::move(around.told)),
        limiter_(protection.rules(), protection.table(), around.sharing),
        bots_(protection.bot_words(), around.sharing, protection.bots()),
        kept_(kCaches) {}

  Hooks hooks() const override { return {.request = true}; }

  Verdict on_request(Exchange& exchange, base::TimePoint now) override {
    if (++asked_ % kTimedEvery != 0) return judge(exchange, now, nullptr);
    base::Duration signing{0};
    const base::TimePoint began = aio::now();
    const Verdict verdict = judge(exchange, now, &signing);
    crypto_.add(alert::EncryptionKind::Signature, signing, aio::now() - began);
    return verdict;
  }

 private:
  /// What was found out for the request before on a connection. Two connections may share one: a
  /// fingerprint is compared with all that it was made of.
  struct Kept {
    limit::FingerprintCache fingerprint;
    limit::Fingerprint judged;  // whose User-Agent `agent` is of
    std::optional<limit::Signs> agent;
  };

  /// `signing`: how long its fingerprint took; null: nobody asks.
  Verdict judge(Exchange& exchange, base::TimePoint now, base::Duration* signing) {
    const http1::RequestHead& head = exchange.request;
    seen_.clear();
    for (std::size_t i = 0; i < head.field_count; ++i) seen_.add(head.fields[i]);
    const std::span forwarded = seen_.forwarded.fields();
    const limit::Address client =
        limit::client_of(address_of(*exchange.client), forwarded, protection_.trusted());
    Kept& kept = kept_of(*exchange.client);
    // Very likely those of the request before; they come from memory while its headers are
    // compared.
    const limit::Subject& last = kept.fingerprint.last();
    limiter_.prefetch(last.client, limit::Bucket::Client);
    limiter_.prefetch(last.fingerprint.value, limit::Bucket::Fingerprint);
    const limit::Subject& subject =
        identify(kept, {client, seen_.user_agent, seen_.accept_language, forwarded}, signing);
    const bool drill = exchange.notes[kDrillNote] != 0;
    if (!drill) look(seen_, head.target, subject, kept, now);
    const limit::Request request{.client = client,
                                 .subject = subject,
                                 .method = head.method,
                                 .target = head.target,
                                 .headers = {seen_.headers.data(), seen_.count},
                                 .exempt = drill || protection_.is_unlimited(head.target)};
    if (closed_.load(std::memory_order_relaxed) && limits(request) && closes(exchange)) {
      return Verdict::Answer;
    }
    const limit::Decision decision = limiter_.decide(request, now);
    count(decision, subject, client);
    if (told_ != nullptr && decision.counted && decision.judged == limit::Verdict::Admit) {
      told_->add(subject.client, decision.matched);
    }
    if (decision.verdict == limit::Verdict::Admit) return Verdict::Forward;
    answer(exchange, decision);
    return Verdict::Answer;
  }

  const limit::Subject& identify(Kept& kept, const limit::Traits& traits, base::Duration* signing) {
    const limit::Identifier& identifier = protection_.identifier();
    if (signing == nullptr) return kept.fingerprint.subject(identifier, starts_, traits);
    const base::TimePoint began = aio::now();
    const limit::Subject& subject = kept.fingerprint.subject(identifier, starts_, traits);
    *signing = aio::now() - began;
    return subject;
  }

  Kept& kept_of(const Client& client) { return kept_[place_of(client, kCaches)]; }

  void look(const Seen& seen, std::string_view target, const limit::Subject& subject, Kept& kept,
            base::TimePoint now) {
    if (!kept.agent || kept.judged != subject.fingerprint) {
      kept.agent = limit::agent_signs(seen.user_agent);
      kept.judged = subject.fingerprint;
    }
    const limit::Signs signs = bots_.look({.client = subject.client,
                                           .target = target,
                                           .user_agent = seen.user_agent,
                                           .has_accept = seen.accept,
                                           .has_accept_encoding = seen.accept_encoding,
                                           .has_accept_language = !seen.accept_language.empty(),
                                           .agent = kept.agent},
                                          now);
    if (!signs.any()) return;
    for (std::size_t i = 0; i < limit::kSigns; ++i) {
      if (signs.has(static_cast<limit::Sign>(i))) figures_.signs[i].add();
    }
    if (bots_.count(subject.client, signs)) figures_.bots_seen.add();
    const limit::Signs untold = bots_.untold(subject.client, signs);
    if (untold.any() && !figures_.bots.full()) note(seen, subject, untold);
  }

  /// Once for each sign of a client; the order of its headers is looked at no more often.
  void note(const Seen& seen, const limit::Subject& subject, limit::Signs untold) {
    limit::HeaderOrder order;
    for (std::size_t i = 0; i < seen.count; ++i) order.add(seen.headers[i].name);
    const BotNote note{subject.client, subject.fingerprint, order.value(), untold};
    if (figures_.bots.add(note)) bots_.tell(subject.client, untold);
  }

  /// Whether a rule would count it if it were let in.
  bool limits(const limit::Request& request) const {
    const limit::Rules& rules = protection_.rules();
    return !request.exempt && !rules.deny().contains(request.client) &&
           !rules.allow().contains(request.client) &&
           rules.matching(request.method, request.target, request.headers) != 0;
  }

  /// Nobody counts it for all replicas, and so not here either. True: it is answered.
  bool closes(Exchange& exchange) {
    if (protection_.rules().dry_run()) {
      figures_.dry_closed.add();
      return false;
    }
    figures_.closed.add();
    exchange.to_client.add("Retry-After", kClosedRetryAfter);
    reply_with_error(exchange, 503, "limits_unshared",
                     "requests cannot be counted over all replicas now; see Retry-After");
    return true;
  }

  void count(const limit::Decision& decision, const limit::Subject& subject,
             const limit::Address& client) {
    const bool dry = decision.verdict != decision.judged;
    switch (decision.judged) {
      case limit::Verdict::Admit:
        (decision.counted ? figures_.admitted : figures_.uncounted).add();
        return;
      case limit::Verdict::Deny: (dry ? figures_.dry_denied : figures_.denied).add(); break;
      case limit::Verdict::Refuse:
        if (dry) {
          figures_.dry_refused.add();
        } else {
          (decision.bucket == limit::Bucket::Client ? figures_.refused_client
                                                    : figures_.refused_fingerprint)
              .add();
        }
        break;
    }
    const bool by_fingerprint =
        decision.judged == limit::Verdict::Refuse && decision.bucket == limit::Bucket::Fingerprint;
    figures_.offend(by_fingerprint
                        ? limit::OffenderId{limit::Bucket::Fingerprint, subject.fingerprint.value}
                        : limit::OffenderId{limit::Bucket::Client, subject.client},
                    client);
  }

  void answer(Exchange& exchange, const limit::Decision& decision) {
    if (decision.verdict == limit::Verdict::Deny) {
      reply_with_error(exchange, 403, "denied", kDeniedMessage);
      return;
    }
    const limit::Rules& rules = protection_.rules();
    std::array<char, limit::kFieldBytesMax> buffer;
    if (const auto value = limit::retry_after_field(decision, buffer); !value.empty()) {
      exchange.to_client.add("Retry-After", value);
    }
    if (const auto value = limit::policy_field(rules, decision, buffer); !value.empty()) {
      exchange.to_client.add("RateLimit-Policy", value);
    }
    if (const auto value = limit::limit_field(rules, decision, buffer); !value.empty()) {
      exchange.to_client.add("RateLimit", value);
    }
    reply_with_error(exchange, 429, "rate_limited", "too many requests; see Retry-After");
  }

  Seen seen_;  // of the request in hand; 4 kB that are not worth clearing for each
  Protection& protection_;
  LimitFigures& figures_;
  CryptoLog& crypto_;
  const std::atomic<bool>& closed_;
  std::uint32_t asked_ = 0;
  const std::shared_ptr<limit::AdmissionLog> told_;
  limit::Limiter limiter_;
  limit::BotWatch bots_;
  limit::KnownStarts starts_;
  std::vector<Kept> kept_;
};

std::uint64_t sum(const std::vector<const LimitFigures*>& cores, Count LimitFigures::* which) {
  std::uint64_t out = 0;
  for (const LimitFigures* core : cores) out += (core->*which).get();
  return out;
}

constexpr std::size_t kOffendersShown = 10;

}  // namespace

/// What goes on under the settings of before keeps none any more.
void LimitFigures::keep_addresses(bool keep) {
  const std::lock_guard hold(lock_);
  keeps_addresses_ = keep;
  if (!keep) offenders_.forget_addresses();
}

void LimitFigures::offend(limit::OffenderId who, const limit::Address& address) {
  const std::lock_guard hold(lock_);
  offenders_.add(who, 1, keeps_addresses_ ? std::optional(address) : std::nullopt);
}

limit::Offenders LimitFigures::offenders() const {
  const std::lock_guard hold(lock_);
  return offenders_;
}

std::unique_ptr<Filter> make_limit_filter(Protection& protection, LimitSurroundings around) {
  return std::make_unique<LimitFilter>(protection, std::move(around));
}

std::string limit_exposition(const std::vector<const LimitFigures*>& cores,
                             const limit::Table* table) {
  std::string out =
      "# HELP muster_sidecar_limit_decisions_total Requests by what the limits said.\n"
      "# TYPE muster_sidecar_limit_decisions_total counter\n";
  const auto decided = [&](const char* labels, Count LimitFigures::* which) {
    out +=
        fmt::format("muster_sidecar_limit_decisions_total{{{}}} {}\n", labels, sum(cores, which));
  };
  decided(R"(decision="admit",bucket="",dry_run="false")", &LimitFigures::admitted);
  decided(R"(decision="unlimited",bucket="",dry_run="false")", &LimitFigures::uncounted);
  decided(R"(decision="refuse",bucket="client",dry_run="false")", &LimitFigures::refused_client);
  decided(R"(decision="refuse",bucket="fingerprint",dry_run="false")",
          &LimitFigures::refused_fingerprint);
  decided(R"(decision="deny",bucket="client",dry_run="false")", &LimitFigures::denied);
  decided(R"(decision="close",bucket="",dry_run="false")", &LimitFigures::closed);
  decided(R"(decision="close",bucket="",dry_run="true")", &LimitFigures::dry_closed);
  decided(R"(decision="refuse",bucket="",dry_run="true")", &LimitFigures::dry_refused);
  decided(R"(decision="deny",bucket="client",dry_run="true")", &LimitFigures::dry_denied);
  out +=
      "# HELP muster_sidecar_bot_signs_total Requests that look like a program's, by the sign.\n"
      "# TYPE muster_sidecar_bot_signs_total counter\n";
  for (std::size_t i = 0; i < limit::kSigns; ++i) {
    std::uint64_t all = 0;
    for (const LimitFigures* core : cores) all += core->signs[i].get();
    out += fmt::format("muster_sidecar_bot_signs_total{{sign=\"{}\"}} {}\n",
                       limit::name(static_cast<limit::Sign>(i)), all);
  }
  out += fmt::format(
      "# HELP muster_sidecar_limit_evictions_total Clients that made room for others.\n"
      "# TYPE muster_sidecar_limit_evictions_total counter\n"
      "muster_sidecar_limit_evictions_total {}\n"
      "# HELP muster_sidecar_limit_untracked_total Requests that found no place to be counted.\n"
      "# TYPE muster_sidecar_limit_untracked_total counter\n"
      "muster_sidecar_limit_untracked_total {}\n",
      table == nullptr ? 0 : table->evictions(), table == nullptr ? 0 : table->untracked());
  limit::Offenders all(kOffendersShown * 8);
  for (const LimitFigures* core : cores) all.merge(core->offenders());
  out +=
      "# HELP muster_sidecar_limit_offender_requests Refused requests of those with most of them, "
      "at most.\n"
      "# TYPE muster_sidecar_limit_offender_requests gauge\n";
  for (const limit::Offender& each : all.top(kOffendersShown)) {
    const std::string address =
        each.address ? fmt::format(",address=\"{}\"", limit::text(*each.address)) : "";
    out += fmt::format("muster_sidecar_limit_offender_requests{{{}=\"{}\"{}}} {}\n",
                       each.who.bucket == limit::Bucket::Client ? "client" : "fingerprint",
                       limit::text(limit::Fingerprint{each.who.value}), address, each.count);
  }
  return out;
}

}  // namespace sidecar
