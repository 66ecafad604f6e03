#include "operator/certificate_keeper.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include "aio/task_group.h"
#include "api/node.h"
#include "cluster/cluster_target.h"
#include "cluster/objects.h"
#include "crypto/base64.h"
#include "kube/informer.h"
#include "kube/store.h"
#include "kube/taken.h"
#include "operator/kept_object.h"
#include "operator/log.h"
#include "operator/webhook_place.h"

namespace op {

const kube::Resource kValidatingWebhooks{"admissionregistration.k8s.io", "v1",
                                         "ValidatingWebhookConfiguration",
                                         "validatingwebhookconfigurations", false};
const kube::Resource kMutatingWebhooks{"admissionregistration.k8s.io", "v1",
                                       "MutatingWebhookConfiguration",
                                       "mutatingwebhookconfigurations", false};

namespace {

using api::Node;

constexpr base::Duration kWriteEvery = base::seconds(2);
constexpr base::Duration kLookAtLeast = base::seconds(3600);
constexpr base::Duration kRetryLongest = base::seconds(30);
constexpr int kTurnsMax = 6;  // of one reconcile
constexpr const char* kForClients = "for clients";

base::Result<Node> parse_object(std::string_view json) {
  return api::parse_json(json);
}

/// Of an object that may not be there: null then.
base::Result<Node> found(const base::Result<kube::Reply>& reply, const std::string& what) {
  if (reply && reply->code == 404) return Node();
  TRY(kube::taken(reply, what));
  return api::parse_json(reply->body);
}

/// In the order of the settings.
using Places = std::vector<WebhookPlace>;

/// What there is; an error: it cannot be read, which is no reason to let the others wait.
struct Look {
  Node secret;  // null: there is none
  AdmissionKeys keys;
  std::vector<base::Result<Node>> configurations;  // in the order of the settings
  Places places;                                   // where they have to lead
  base::Result<Node> published = Node();
};

enum class Trust : std::uint8_t {
  All,      // each leads where it has to
  Missing,  // one that can be read does not
  Unknown,  // of one it cannot be told, the others do
};

}  // namespace

class CertificateKeeper::Driver {
 public:
  Driver(aio::Clock& clock, kube::Client& client, KeeperSettings settings,
         std::shared_ptr<net::ServerIdentity> identity, CertificateKeeper& owner)
      : clock_(clock),
        client_(client),
        settings_(std::move(settings)),
        identity_(std::move(identity)),
        owner_(owner),
        secret_{cluster::kSecrets, settings_.secret, settings_.component},
        published_{cluster::kConfigMaps, settings_.published, settings_.component},
        controller_(clock,
                    {.name = settings_.controller, .queue = {.retry_longest = kRetryLongest}},
                    [this](kube::Key key, std::stop_token stop) {
                      return reconcile(std::move(key), std::move(stop));
                    }) {
    watch(secret_.kind, secret_.key);
    if (!published_.key.name.empty()) watch(published_.kind, published_.key);
    for (const WebhookConfiguration& one : settings_.configurations) {
      watch(one.resource, {"", one.name});
    }
  }

  aio::Task<base::Result<>> follow(std::stop_token stop) {
    aio::TaskGroup group(co_await boost::asio::this_coro::executor);
    for (const auto& one : watched_) group.spawn(one->informer->run(group.token()));
    const std::stop_callback ended(stop, [&] { group.cancel(); });
    co_return co_await group.join();
  }

  aio::Task<base::Result<>> work(std::stop_token stop) {
    controller_.add(settings_.secret);  // of a Secret that is not there no watch tells
    co_return co_await controller_.run(std::move(stop));
  }

  kube::Controller& controller() { return controller_; }
  std::uint64_t writes() const { return writes_; }

 private:
  struct Watched {
    kube::Store<Node> store{parse_object};
    std::unique_ptr<kube::Informer> informer;
  };

  void watch(const kube::Resource& resource, const kube::Key& key) {
    auto one = std::make_unique<Watched>();
    kube::InformerOptions options{.resource = resource, .ns = key.space};
    options.fields = "metadata.name=" + key.name;
    one->informer = std::make_unique<kube::Informer>(clock_, client_, options, one->store);
    one->informer->complain = [](const std::string& text) { log(Level::Warning, text, {}); };
    kube::Store<Node>* store = &one->store;
    const bool is_secret = resource.kind == cluster::kSecrets.kind;
    one->store.on_news = [this, store, is_secret](const kube::Key& changed, kube::News what) {
      const Node* secret = is_secret ? store->find(changed) : nullptr;
      if (secret != nullptr) show(keys_of(*secret));
      controller_.add(settings_.secret, what);
    };
    watched_.push_back(std::move(one));
  }

  /// What cannot be shown is not: what was shown before is better.
  void show(const AdmissionKeys& keys) {
    if (!keys.paths.empty() && keys.paths != paths_) {
      paths_ = keys.paths;
      if (owner_.on_paths) owner_.on_paths(paths_);
    }
    if (keys.certificate == shown_.certificate && keys.key == shown_.key) return;
    if (!can_serve(keys, settings_.names)) return;
    const auto set = identity_->set(keys.certificate, keys.key);
    if (!set) {
      log(Level::Warning, set.error().message, {{"controller", settings_.controller}});
      return;
    }
    shown_ = keys;
    const auto serving = crypto::read_certificate(keys.certificate);
    const auto authority = crypto::read_certificate(keys.authorities);
    if (owner_.on_shown && serving && authority) owner_.on_shown(*serving, *authority);
  }

  aio::Task<base::Result<kube::Outcome>> reconcile(kube::Key /*key*/, std::stop_token stop) {
    auto outcome = co_await turns(stop);
    const std::string said = outcome ? "" : outcome.error().message;
    // Once, not at each try.
    if (!said.empty() && said != said_ && !stop.stop_requested()) {
      log(Level::Warning, said, {{"controller", settings_.controller}});
    }
    said_ = said;
    co_return outcome;
  }

  Served served() const { return {settings_.names, !settings_.configurations.empty()}; }

  Places places_of(const AdmissionKeys& keys) const {
    const std::string secret = path_in_use(keys, clock_.wall_now(), settings_.times);
    Places out;
    for (const WebhookConfiguration& one : settings_.configurations) {
      out.push_back({keys.authorities, secret.empty() ? "" : "/" + secret + one.path});
    }
    return out;
  }

  Trust trust_of(const Look& seen) const {
    Trust out = Trust::All;
    for (std::size_t i = 0; i < seen.configurations.size(); ++i) {
      const base::Result<Node>& one = seen.configurations[i];
      if (one && !leads_to(*one, seen.places[i])) return Trust::Missing;
      if (!one) out = Trust::Unknown;
    }
    if (published_.key.name.empty()) return out;
    if (seen.published && !publishes(*seen.published, seen.keys)) return Trust::Missing;
    return seen.published ? out : Trust::Unknown;
  }

  /// API servers and other clients, of what was written for them last.
  bool have_heard() const {
    const auto last = written_.find(kForClients);
    return last == written_.end() || last->second + settings_.times.spread <= clock_.now();
  }

  /// What there is. The Secret itself, or nothing can be done; the others one by one.
  aio::Task<base::Result<Look>> look(std::stop_token stop) {
    Look out;
    CO_TRY(out.secret, found(co_await client_.get(secret_.kind, secret_.key, stop),
                             "get " + to_string(secret_)));
    for (const WebhookConfiguration& one : settings_.configurations) {
      out.configurations.push_back(found(co_await client_.get(one.resource, {"", one.name}, stop),
                                         "get " + one.resource.plural + " " + one.name));
    }
    if (!published_.key.name.empty()) {
      out.published = found(co_await client_.get(published_.kind, published_.key, stop),
                            "get " + to_string(published_));
    }
    out.keys = keys_of(out.secret);
    out.places = places_of(out.keys);
    co_return out;
  }

  /// Looks and does one thing, until there is nothing more to do.
  aio::Task<base::Result<kube::Outcome>> turns(std::stop_token stop) {
    for (int i = 0; i < kTurnsMax; ++i) {
      CO_TRY(const Look seen, co_await look(stop));
      if (settings_.leads && !settings_.leads()) co_return kube::Outcome{};
      const Trust trust = trust_of(seen);
      const Rotation rotation =
          decide_rotation(seen.keys, served(), trust == Trust::All && have_heard(),
                          clock_.wall_now(), settings_.times);
      if (rotation.what == Rotate::Keep && trust != Trust::Missing) {
        for (const auto& one : seen.configurations) {
          if (!one) co_return tl::unexpected(one.error());  // it is tried again
        }
        if (!seen.published) co_return tl::unexpected(seen.published.error());
        co_return kube::Outcome{std::min(rotation.look, kLookAtLeast)};
      }
      const bool of_secret = rotation.what != Rotate::Keep;
      const base::Duration rest = rest_of(of_secret ? "secret" : kForClients);
      if (rest > base::Duration{}) co_return kube::Outcome{rest};
      if (of_secret) {
        CO_TRY(co_await write_secret(seen, rotation, stop));
      } else {
        CO_TRY(co_await write_for_clients(seen, stop));
      }
    }
    co_return kube::Outcome{kWriteEvery};
  }

  /// How long nothing may be written there. Who fights over a field must not make us spin.
  base::Duration rest_of(const std::string& what) {
    const base::TimePoint now = clock_.now();
    const auto last = written_.find(what);
    if (last != written_.end() && last->second + kWriteEvery > now) {
      return last->second + kWriteEvery - now;
    }
    written_[what] = now;
    return {};
  }

  aio::Task<base::Result<>> write_secret(Look seen, Rotation rotation, std::stop_token stop) {
    CO_TRY(const AdmissionKeys next,
           carry_out(rotation, seen.keys, served(), clock_.wall_now(), settings_.times));
    co_return co_await write(secret_, seen.secret, data_of(next),
                             fmt::format("{}: {}", name(rotation.what), rotation.why), stop);
  }

  aio::Task<base::Result<>> write(KeptObject kept, Node before, Node data, std::string why,
                                  std::stop_token stop) {
    CO_TRY(const Node owner, co_await ask_owner(stop));
    if (const std::string other = other_release(before, owner); !other.empty()) {
      co_return base::fail(
          base::Code::FailedPrecondition,
          fmt::format("{} is of release '{}', and not of this one: it is left alone, and {}",
                      to_string(kept), other, settings_.without));
    }
    const std::string body = api::to_json(body_of(kept, owner, before, std::move(data)));
    base::Result<kube::Reply> reply = kube::Reply{};
    if (before.is_map()) {
      reply = co_await client_.patch(kept.kind, kept.key, kube::PatchType::Merge, body, {}, stop);
    } else {
      reply = co_await client_.create(kept.kind, kept.key.space, body, {}, stop);
    }
    if (reply && reply->code == 409) co_return base::Result<>{};  // the next look sees what came
    // One that somebody made immutable cannot be put right.
    if (reply && reply->code == 422 && before.is_map()) co_return co_await drop(kept, before, stop);
    CO_TRY(kube::taken(reply, "write " + to_string(kept)));
    ++writes_;
    log(Level::Info, why, {{"controller", settings_.controller}, {"name", to_string(kept)}});
    co_return base::Result<>{};
  }

  aio::Task<base::Result<>> drop(KeptObject kept, Node before, std::stop_token stop) {
    const Node& meta = before["metadata"];
    const auto reply = co_await client_.remove(
        kept.kind, kept.key,
        {.uid = meta["uid"].as_string(), .version = meta["resourceVersion"].as_string()},
        std::move(stop));
    if (reply && (reply->code == 404 || reply->code == 409)) co_return base::Result<>{};
    CO_TRY(kube::taken(reply, "delete " + to_string(kept)));
    written_.clear();  // it is made anew at once
    co_return base::Result<>{};
  }

  /// Without its owner the Secret would stay when the release goes.
  aio::Task<base::Result<Node>> ask_owner(std::stop_token stop) {
    CO_TRY(const kube::Resource deployments, cluster::workload_resource("Deployment"));
    const std::string what = "get deployments " + kube::to_string(settings_.owner);
    const auto reply = co_await client_.get(deployments, settings_.owner, std::move(stop));
    CO_TRY(kube::taken(reply, what));
    co_return api::parse_json(reply->body);
  }

  /// All that can be written are, whatever becomes of the others.
  aio::Task<base::Result<>> write_for_clients(Look seen, std::stop_token stop) {
    base::Result<> out;
    for (std::size_t i = 0; i < seen.configurations.size(); ++i) {
      const base::Result<Node>& one = seen.configurations[i];
      if (!one || leads_to(*one, seen.places[i])) continue;
      const auto written =
          co_await write_webhook(settings_.configurations[i], *one, seen.places[i], stop);
      if (!written) out = tl::unexpected(written.error());
    }
    const bool is_told =
        published_.key.name.empty() || !seen.published || publishes(*seen.published, seen.keys);
    if (is_told) co_return out;
    CO_TRY(co_await write(published_, *seen.published, published_of(seen.keys),
                          "the authority is published", stop));
    co_return out;
  }

  aio::Task<base::Result<>> write_webhook(WebhookConfiguration of, Node configuration,
                                          WebhookPlace place, std::stop_token stop) {
    const auto reply =
        co_await client_.patch(of.resource, {"", of.name}, kube::PatchType::Strategic,
                               patch_to(configuration, place), {}, std::move(stop));
    // The next look sees what came of it.
    if (reply && (reply->code == 404 || reply->code == 409)) co_return base::Result<>{};
    CO_TRY(kube::taken(reply, fmt::format("patch {} {}", of.resource.plural, of.name)));
    ++writes_;
    log(Level::Info, "the webhooks lead to the server and trust its authority",
        {{"controller", settings_.controller}, {"name", of.name}});
    co_return base::Result<>{};
  }

  aio::Clock& clock_;
  kube::Client& client_;
  KeeperSettings settings_;
  std::shared_ptr<net::ServerIdentity> identity_;
  CertificateKeeper& owner_;
  const KeptObject secret_, published_;
  AdmissionKeys shown_;
  std::vector<std::string> paths_;
  std::string said_;
  std::map<std::string, base::TimePoint> written_;
  std::uint64_t writes_ = 0;
  std::vector<std::unique_ptr<Watched>> watched_;
  kube::Controller controller_;
};

CertificateKeeper::CertificateKeeper(aio::Clock& clock, kube::Client& client,
                                     KeeperSettings settings,
                                     std::shared_ptr<net::ServerIdentity> identity)
    : driver_(std::make_unique<Driver>(clock, client, std::move(settings), std::move(identity),
                                       *this)) {}
CertificateKeeper::~CertificateKeeper() = default;
aio::Task<base::Result<>> CertificateKeeper::follow(std::stop_token stop) {
  return driver_->follow(std::move(stop));
}
aio::Task<base::Result<>> CertificateKeeper::work(std::stop_token stop) {
  return driver_->work(std::move(stop));
}
kube::Controller& CertificateKeeper::controller() {
  return driver_->controller();
}
std::uint64_t CertificateKeeper::writes() const {
  return driver_->writes();
}

}  // namespace op
