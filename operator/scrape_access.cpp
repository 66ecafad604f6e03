#include "operator/scrape_access.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "aio/deadline.h"
#include "kube/taken.h"
#include "operator/log.h"

namespace op {
namespace {

using api::Node;

const kube::Resource kTokenReviews{"authentication.k8s.io", "v1", "TokenReview", "tokenreviews",
                                   false};
const kube::Resource kAccessReviews{"authorization.k8s.io", "v1", "SubjectAccessReview",
                                    "subjectaccessreviews", false};
constexpr std::size_t kTokenBytesMax = std::size_t{16} << 10U;
constexpr base::Duration kAskWithin = base::seconds(5);  // scrapes wait for ten

std::string question(const kube::Resource& kind, Node spec) {
  return api::to_json(Node::map()
                          .set("apiVersion", kind.api_version())
                          .set("kind", kind.kind)
                          .set("spec", std::move(spec)));
}

/// Counts for as long as it lives, however a coroutine ends.
class Asking {
 public:
  Asking(ScraperPeers& peers, const std::string& client, const aio::Clock& clock)
      : peers_(peers), client_(client), clock_(clock) {
    peers_.began(client_);
  }
  ~Asking() { peers_.ended(client_, clock_.now()); }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

 private:
  ScraperPeers& peers_;
  const std::string& client_;
  const aio::Clock& clock_;
};

}  // namespace

unsigned status_of(Scraper scraper) {
  switch (scraper) {
    case Scraper::Allowed: return 200;
    case Scraper::Unknown: return 401;
    case Scraper::Forbidden: return 403;
    case Scraper::Unjudged: return 500;
    case Scraper::Later: return 503;
  }
  return 500;
}

std::optional<std::string> bearer_token(std::string_view header) {
  constexpr std::string_view kScheme = "bearer ";
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  if (header.size() <= kScheme.size() || header.size() > kTokenBytesMax ||
      !std::equal(kScheme.begin(), kScheme.end(), header.begin(),
                  [&](char want, char is) { return same(is, want); })) {
    return std::nullopt;
  }
  std::string_view token = header.substr(kScheme.size());
  while (token.starts_with(' ')) token.remove_prefix(1);
  while (token.ends_with(' ')) token.remove_suffix(1);
  const bool plain = std::all_of(token.begin(), token.end(), [](char c) {
    return static_cast<unsigned char>(c) > ' ' && static_cast<unsigned char>(c) < 0x7f;
  });
  if (token.empty() || !plain) return std::nullopt;
  return std::string(token);
}

std::string token_review_of(const std::string& token) {
  return question(kTokenReviews, Node::map().set("token", token));
}

std::string access_review_of(const Node& user) {
  Node spec = Node::map();
  spec.set("user", user["username"]);
  for (const char* more : {"groups", "uid", "extra"}) {
    if (user.has(more)) spec.set(more, user[more]);
  }
  spec.set("nonResourceAttributes", Node::map().set("path", "/metrics").set("verb", "get"));
  return question(kAccessReviews, std::move(spec));
}

Node user_of(const Node& review) {
  const Node& status = review["status"];
  const bool known =
      status["authenticated"].as_bool() && !status["user"]["username"].as_string().empty();
  return known ? status["user"] : Node();
}

std::optional<Scraper> ScraperMemory::find(const crypto::Digest& token, base::TimePoint now) const {
  const auto found = known_.find(token);
  if (found == known_.end() || found->second.until <= now) return std::nullopt;
  return found->second.scraper;
}

void ScraperMemory::keep(const crypto::Digest& token, Scraper scraper, base::TimePoint now) {
  if (scraper == Scraper::Unjudged || scraper == Scraper::Later) return;
  std::erase_if(known_, [now](const auto& one) { return one.second.forgotten <= now; });
  if (known_.size() >= kMost && !known_.contains(token)) {
    known_.erase(std::min_element(known_.begin(), known_.end(), [](const auto& a, const auto& b) {
      return a.second.forgotten < b.second.forgotten;
    }));
  }
  const bool allowed = scraper == Scraper::Allowed;
  known_[token] = {scraper, now + (allowed ? kAllowedFor : kRefusedFor),
                   now + (allowed ? kWasAllowedFor : kRefusedFor)};
}

bool ScraperMemory::was_allowed(const crypto::Digest& token, base::TimePoint now) const {
  const auto found = known_.find(token);
  return found != known_.end() && found->second.scraper == Scraper::Allowed &&
         now < found->second.forgotten;
}

bool ScraperPeers::may_ask(const std::string& client, base::TimePoint now) const {
  int asking = 0, suspects = 0;
  for (const auto& [address, peer] : peers_) {
    asking += peer.asking;
    suspects += peer.is_suspect(now) ? peer.asking : 0;
  }
  if (asking >= kAskingMost) return false;
  const auto found = peers_.find(client);
  if (found == peers_.end()) return true;
  const Peer& peer = found->second;
  if (peer.asking >= kAskingOfOne) return false;
  return !peer.is_suspect(now) || (peer.refused < kRefusedMost && suspects < kAskingOfSuspects);
}

void ScraperPeers::began(const std::string& client) {
  ++peers_[client].asking;
}

void ScraperPeers::ended(const std::string& client, base::TimePoint now) {
  --peers_[client].asking;
  forget(now);
}

void ScraperPeers::refused(const std::string& client, base::TimePoint now) {
  Peer& peer = peers_[client];
  if (!peer.is_suspect(now)) {
    peer.refused = 0;
    peer.until = now + kRefusedFor;
  }
  ++peer.refused;
}

void ScraperPeers::forget(base::TimePoint now) {
  std::erase_if(peers_, [now](const auto& one) {
    return one.second.asking == 0 && !one.second.is_suspect(now);
  });
  while (peers_.size() > kMost) {
    // Those that ask are few; of the others the one that is forgotten next.
    const auto next =
        std::min_element(peers_.begin(), peers_.end(), [](const auto& a, const auto& b) {
          return std::pair(a.second.asking, a.second.until) <
                 std::pair(b.second.asking, b.second.until);
        });
    peers_.erase(next);
  }
}

aio::Task<Scraper> ScrapeAccess::judge(std::string client, std::string authorization,
                                       std::stop_token stop) {
  const auto token = bearer_token(authorization);
  if (!token) co_return Scraper::Unknown;
  const crypto::Digest digest = crypto::sha256(*token);
  const base::TimePoint now = clock_.now();
  if (const auto known = memory_.find(digest, now)) co_return *known;
  if (!memory_.was_allowed(digest, now) && !peers_.may_ask(client, now)) co_return Scraper::Later;
  const Asking asking(peers_, client, clock_);
  auto make = [this, &token](std::stop_token until) { return ask(*token, std::move(until)); };
  const auto judged = co_await aio::with_deadline(clock_, clock_.now() + kAskWithin,
                                                  std::move(stop), "ask who scrapes", make);
  if (!judged) co_return trouble(judged.error());
  said_.clear();
  memory_.keep(digest, *judged, clock_.now());
  if (*judged == Scraper::Unknown) peers_.refused(client, clock_.now());
  co_return *judged;
}

aio::Task<base::Result<Scraper>> ScrapeAccess::ask(std::string token, std::stop_token stop) {
  CO_TRY(const Node known, co_await review(kTokenReviews, token_review_of(token), stop));
  const Node user = user_of(known);
  if (user.is_null()) co_return Scraper::Unknown;
  CO_TRY(const Node access,
         co_await review(kAccessReviews, access_review_of(user), std::move(stop)));
  const bool allowed = access["status"]["allowed"].as_bool();
  co_return allowed ? Scraper::Allowed : Scraper::Forbidden;
}

aio::Task<base::Result<Node>> ScrapeAccess::review(kube::Resource kind, std::string question,
                                                   std::stop_token stop) {
  const std::string what = "create " + kind.plural;
  auto reply = co_await client_.create(kind, "", std::move(question), {}, std::move(stop));
  CO_TRY(const kube::Reply answer, kube::taken(std::move(reply), what));
  co_return api::parse_json(answer.body);
}

/// A right that we do not have, and words that are not understood, stay as they are; what else
/// there is passes.
Scraper ScrapeAccess::trouble(const base::Error& error) {
  if (error.code != base::Code::Cancelled && error.message != said_) {
    log(Level::Warning, "who scrapes the metrics cannot be asked", {{"error", error.message}});
    said_ = error.message;
  }
  const bool lasting = error.code == base::Code::PermissionDenied ||
                       error.code == base::Code::InvalidArgument ||
                       error.code == base::Code::NotFound;
  return lasting ? Scraper::Unjudged : Scraper::Later;
}

}  // namespace op
