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
#include "operator/log.h"

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
constexpr const char* kInstance = "app.kubernetes.io/instance";

base::Result<Node> parse_object(std::string_view json) {
  return api::parse_json(json);
}

/// Of an object that may not be there: null then.
base::Result<Node> found(const base::Result<kube::Reply>& reply, const std::string& what) {
  if (reply && reply->code == 404) return Node();
  TRY(kube::taken(reply, what));
  return api::parse_json(reply->body);
}

bool trusts(const Node& configuration, const std::string& bundle) {
  return std::ranges::all_of(configuration["webhooks"].items(), [&](const Node& webhook) {
    return webhook["clientConfig"]["caBundle"].as_string() == bundle;
  });
}

/// In the order of the settings; an error: it cannot be read, which is no reason to let the others
/// wait.
using Configurations = std::vector<base::Result<Node>>;

enum class Trust : std::uint8_t {
  All,      // each has exactly these authorities
  Missing,  // one that can be read has not
  Unknown,  // of one it cannot be told, the others have
};

Trust trust_of(const Configurations& configurations, const std::string& bundle) {
  Trust out = Trust::All;
  for (const base::Result<Node>& one : configurations) {
    if (one && !trusts(*one, bundle)) return Trust::Missing;
    if (!one) out = Trust::Unknown;
  }
  return out;
}

/// A strategic patch, in which webhooks are told apart by their names.
std::string trusting(const Node& configuration, const std::string& bundle) {
  Node webhooks = Node::sequence();
  for (const Node& webhook : configuration["webhooks"].items()) {
    webhooks.push(Node::map()
                      .set("name", webhook["name"])
                      .set("clientConfig", Node::map().set("caBundle", bundle)));
  }
  return api::to_json(
      Node::map()
          .set("metadata",
               Node::map().set("resourceVersion", configuration["metadata"]["resourceVersion"]))
          .set("webhooks", std::move(webhooks)));
}

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
        controller_(clock,
                    {.name = settings_.controller, .queue = {.retry_longest = kRetryLongest}},
                    [this](kube::Key key, std::stop_token stop) {
                      return reconcile(std::move(key), std::move(stop));
                    }) {
    watch(cluster::kSecrets, settings_.secret);
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

  /// Looks and does one thing, until there is nothing more to do.
  aio::Task<base::Result<kube::Outcome>> turns(std::stop_token stop) {
    for (int i = 0; i < kTurnsMax; ++i) {
      CO_TRY(const Node secret,
             found(co_await client_.get(cluster::kSecrets, settings_.secret, stop),
                   "get secrets " + kube::to_string(settings_.secret)));
      const Configurations configurations = co_await ask_configurations(stop);
      if (settings_.leads && !settings_.leads()) co_return kube::Outcome{};
      const AdmissionKeys keys = keys_of(secret);
      const std::string bundle = crypto::base64_encode(keys.authorities);
      const Trust trust = trust_of(configurations, bundle);
      const Rotation rotation = decide_rotation(keys, settings_.names, trust == Trust::All,
                                                clock_.wall_now(), settings_.times);
      if (rotation.what == Rotate::Keep && trust != Trust::Missing) {
        for (const auto& one : configurations) {
          if (!one) co_return tl::unexpected(one.error());  // it is tried again
        }
        co_return kube::Outcome{std::min(rotation.look, kLookAtLeast)};
      }
      const bool of_secret = rotation.what != Rotate::Keep;
      const base::Duration rest = rest_of(of_secret ? "secret" : "webhooks");
      if (rest > base::Duration{}) co_return kube::Outcome{rest};
      if (of_secret) {
        CO_TRY(co_await write_secret(secret, rotation, keys, stop));
      } else {
        CO_TRY(co_await write_webhooks(configurations, bundle, stop));
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

  aio::Task<Configurations> ask_configurations(std::stop_token stop) {
    Configurations out;
    for (const WebhookConfiguration& one : settings_.configurations) {
      out.push_back(found(co_await client_.get(one.resource, {"", one.name}, stop),
                          "get " + one.resource.plural + " " + one.name));
    }
    co_return out;
  }

  aio::Task<base::Result<>> write_secret(Node secret, Rotation rotation, AdmissionKeys keys,
                                         std::stop_token stop) {
    CO_TRY(const Node owner, co_await ask_owner(stop));
    const std::string& mine = owner["metadata"]["labels"][kInstance].as_string();
    const std::string& theirs = secret["metadata"]["labels"][kInstance].as_string();
    if (!theirs.empty() && theirs != mine) {
      co_return base::fail(
          base::Code::FailedPrecondition,
          fmt::format("Secret {} is of release '{}', this is '{}': it is left alone, and {}",
                      kube::to_string(settings_.secret), theirs, mine, settings_.without));
    }
    CO_TRY(const AdmissionKeys next,
           carry_out(rotation, keys, settings_.names, clock_.wall_now(), settings_.times));
    Node body = secret_of(owner, next);
    const std::string what = fmt::format("{} secrets {}", secret.is_map() ? "patch" : "create",
                                         kube::to_string(settings_.secret));
    base::Result<kube::Reply> reply = kube::Reply{};
    if (secret.is_map()) {
      body.find("metadata")->set("resourceVersion", secret["metadata"]["resourceVersion"]);
      reply = co_await client_.patch(cluster::kSecrets, settings_.secret, kube::PatchType::Merge,
                                     api::to_json(body), {}, stop);
    } else {
      reply = co_await client_.create(cluster::kSecrets, settings_.secret.space, api::to_json(body),
                                      {}, stop);
    }
    if (reply && reply->code == 409) co_return base::Result<>{};  // the next look sees what came
    // One that somebody made immutable cannot be put right.
    if (reply && reply->code == 422 && secret.is_map()) co_return co_await drop(secret, stop);
    CO_TRY(kube::taken(reply, what));
    ++writes_;
    log(Level::Info, rotation.why,
        {{"controller", settings_.controller}, {"action", name(rotation.what)}});
    co_return base::Result<>{};
  }

  aio::Task<base::Result<>> drop(Node secret, std::stop_token stop) {
    const Node& meta = secret["metadata"];
    const auto reply = co_await client_.remove(
        cluster::kSecrets, settings_.secret,
        {.uid = meta["uid"].as_string(), .version = meta["resourceVersion"].as_string()},
        std::move(stop));
    if (reply && (reply->code == 404 || reply->code == 409)) co_return base::Result<>{};
    CO_TRY(kube::taken(reply, "delete secrets " + kube::to_string(settings_.secret)));
    written_.erase("secret");  // it is made anew at once
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

  Node secret_of(const Node& owner, const AdmissionKeys& keys) const {
    Node labels = Node::map();
    for (const char* one : {"app.kubernetes.io/name", kInstance}) {
      const Node& value = owner["metadata"]["labels"][one];
      if (value.is_string()) labels.set(one, value);
    }
    labels.set("app.kubernetes.io/component", settings_.component);
    const Node owned_by = Node::map()
                              .set("apiVersion", "apps/v1")
                              .set("kind", "Deployment")
                              .set("name", settings_.owner.name)
                              .set("uid", owner["metadata"]["uid"]);
    return Node::map()
        .set("apiVersion", "v1")
        .set("kind", cluster::kSecrets.kind)
        .set("metadata", Node::map()
                             .set("name", settings_.secret.name)
                             .set("labels", std::move(labels))
                             .set("ownerReferences", Node::sequence({owned_by})))
        .set("data", data_of(keys));
  }

  /// All that can be written are, whatever becomes of the others.
  aio::Task<base::Result<>> write_webhooks(Configurations configurations, std::string bundle,
                                           std::stop_token stop) {
    base::Result<> out;
    for (std::size_t i = 0; i < configurations.size(); ++i) {
      if (!configurations[i] || trusts(*configurations[i], bundle)) continue;
      const auto written =
          co_await write_webhook(settings_.configurations[i], *configurations[i], bundle, stop);
      if (!written) out = tl::unexpected(written.error());
    }
    co_return out;
  }

  aio::Task<base::Result<>> write_webhook(WebhookConfiguration of, Node configuration,
                                          std::string bundle, std::stop_token stop) {
    const auto reply =
        co_await client_.patch(of.resource, {"", of.name}, kube::PatchType::Strategic,
                               trusting(configuration, bundle), {}, std::move(stop));
    // The next look sees what came of it.
    if (reply && (reply->code == 404 || reply->code == 409)) co_return base::Result<>{};
    CO_TRY(kube::taken(reply, fmt::format("patch {} {}", of.resource.plural, of.name)));
    ++writes_;
    log(Level::Info, "the webhooks trust the authority",
        {{"controller", settings_.controller}, {"name", of.name}});
    co_return base::Result<>{};
  }

  aio::Clock& clock_;
  kube::Client& client_;
  KeeperSettings settings_;
  std::shared_ptr<net::ServerIdentity> identity_;
  CertificateKeeper& owner_;
  AdmissionKeys shown_;
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
