// Who may read the metrics where they are kept from others: whoever shows a bearer token that the
// API server knows (TokenReview) and whom it lets `get` the path /metrics (SubjectAccessReview). As
// every scraper of a cluster is asked, so that one right serves for all.
//
// What was answered is remembered for a while, by the token's digest: a scrape every few seconds
// costs the API server nothing, and a right that is taken back counts after a minute. Where the API
// server cannot be asked, nobody who is not remembered is let in. Whoever makes tokens up makes
// questions: only so many are under way at once.
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
  static constexpr base::Duration kRefusedFor = base::seconds(10);
  static constexpr std::size_t kMost = 256;

  std::optional<Scraper> find(const crypto::Digest& token, base::TimePoint now) const;
  /// What may be other at the next question (500, 503) is not kept. Where it is full, what is
  /// forgotten next gives way.
  void keep(const crypto::Digest& token, Scraper scraper, base::TimePoint now);
  std::size_t size() const { return known_.size(); }

 private:
  struct Known {
    Scraper scraper;
    base::TimePoint until;
  };
  std::map<crypto::Digest, Known> known_;
};

class ScrapeAccess {
 public:
  /// Lifetime: both outlive it. Thread: the client's executor.
  ScrapeAccess(aio::Clock& clock, kube::Client& client) : clock_(clock), client_(client) {}
  ScrapeAccess(const ScrapeAccess&) = delete;
  ScrapeAccess& operator=(const ScrapeAccess&) = delete;

  /// `authorization`: the header; empty: there is none.
  aio::Task<Scraper> judge(std::string authorization, std::stop_token stop);

 private:
  aio::Task<base::Result<Scraper>> ask(std::string token, std::stop_token stop);
  aio::Task<base::Result<api::Node>> review(kube::Resource kind, std::string question,
                                            std::stop_token stop);
  Scraper trouble(const base::Error& error);

  aio::Clock& clock_;
  kube::Client& client_;
  ScraperMemory memory_;
  int asking_ = 0;
  std::string said_;  // of the last trouble, which is logged once
};

}  // namespace op
