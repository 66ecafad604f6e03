// Who may read the metrics where they are kept from others: whoever shows a bearer token that the
// API server knows (TokenReview) and whom it lets `get` the path /metrics (SubjectAccessReview). As
// every scraper of a cluster is asked, so that one right serves for all.
//
// What was answered is remembered for a while, by the token's digest: a scrape every few seconds
// costs the API server nothing, and a right that is taken back counts after a minute. Where the API
// server cannot be asked, nobody who is not remembered is let in.
//
// Whoever makes tokens up makes questions. So only so many are under way at once, of one address
// fewer, and addresses whose tokens were nobody's share half of the places and have none at all
// after a few more: who shows a right one from elsewhere is still asked after. Where all come from
// one address, who was let in before is.
//
// Source: Kubernetes API reference, authentication.k8s.io/v1 and authorization.k8s.io/v1; the
// answers are those of controller-runtime's filters.WithAuthenticationAndAuthorization, but 503
// where trying again will help.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "aio/clock.h"
#include "aio/task.h"
#include "api/node.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "kube/client.h"

namespace op {

enum class Scraper : std::uint8_t {
  Allowed,    // 200
  Unknown,    // 401: no token, or nobody's
  Forbidden,  // 403
  Unjudged,   // 500: the API server does not let us ask
  Later,      // 503: it cannot be asked now
};
unsigned status_of(Scraper scraper);

/// Of the header Authorization. Nothing: no bearer token, or no token that could be one.
std::optional<std::string> bearer_token(std::string_view header);
/// The bodies of both questions; `user` is that of the answer to the first.
std::string token_review_of(const std::string& token);
std::string access_review_of(const api::Node& user);
/// Null: the token is nobody's.
api::Node user_of(const api::Node& review);

/// What was answered, for how long. Pure.
class ScraperMemory {
 public:
  static constexpr base::Duration kAllowedFor = base::seconds(60);
  static constexpr base::Duration kWasAllowedFor = base::seconds(600);
  static constexpr base::Duration kRefusedFor = base::seconds(10);
  static constexpr std::size_t kMost = 256;

  std::optional<Scraper> find(const crypto::Digest& token, base::TimePoint now) const;
  /// Not long ago: worth a question, whoever else asks.
  bool was_allowed(const crypto::Digest& token, base::TimePoint now) const;
  /// What may be other at the next question (500, 503) is not kept. Where it is full, what is
  /// forgotten next gives way.
  void keep(const crypto::Digest& token, Scraper scraper, base::TimePoint now);
  std::size_t size() const { return known_.size(); }

 private:
  struct Known {
    Scraper scraper;
    base::TimePoint until;
    base::TimePoint forgotten;
  };
  std::map<crypto::Digest, Known> known_;
};

/// Who may have a question asked, by address. Pure.
class ScraperPeers {
 public:
  static constexpr int kAskingMost = 8;        // of all
  static constexpr int kAskingOfOne = 2;       // of one address
  static constexpr int kAskingOfSuspects = 4;  // of all whose tokens were nobody's
  static constexpr int kRefusedMost = 8;       // of one address, within kRefusedFor
  static constexpr base::Duration kRefusedFor = base::seconds(10);
  static constexpr std::size_t kMost = 256;

  bool may_ask(const std::string& client, base::TimePoint now) const;
  void began(const std::string& client);
  void ended(const std::string& client, base::TimePoint now);
  /// Its token was nobody's.
  void refused(const std::string& client, base::TimePoint now);
  std::size_t size() const { return peers_.size(); }

 private:
  struct Peer {
    int asking = 0;
    int refused = 0;
    base::TimePoint until{};  // of the refusals

    bool is_suspect(base::TimePoint now) const { return refused > 0 && now < until; }
  };
  void forget(base::TimePoint now);

  std::map<std::string, Peer> peers_;
};

class ScrapeAccess {
 public:
  /// Lifetime: both outlive it. Thread: the client's executor.
  ScrapeAccess(aio::Clock& clock, kube::Client& client) : clock_(clock), client_(client) {}
  ScrapeAccess(const ScrapeAccess&) = delete;
  ScrapeAccess& operator=(const ScrapeAccess&) = delete;

  /// `client`: its address; `authorization`: the header; empty: there is none.
  aio::Task<Scraper> judge(std::string client, std::string authorization, std::stop_token stop);

 private:
  aio::Task<base::Result<Scraper>> ask(std::string token, std::stop_token stop);
  aio::Task<base::Result<api::Node>> review(kube::Resource kind, std::string question,
                                            std::stop_token stop);
  Scraper trouble(const base::Error& error);

  aio::Clock& clock_;
  kube::Client& client_;
  ScraperMemory memory_;
  ScraperPeers peers_;
  std::string said_;  // of the last trouble, which is logged once
};

}  // namespace op
