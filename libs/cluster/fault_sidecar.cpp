#include "cluster/fault_sidecar.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "aio/task_group.h"
#include "cluster/chosen_pods.h"
#include "cluster/cluster_target.h"
#include "cluster/rights.h"
#include "cluster/sidecars.h"
#include "targets/fields.h"
#include "targets/lease.h"
#include "targets/sidecar_lease.h"

namespace cluster {
namespace {

using api::Node;
using targets::Context;

api::FieldSpec token_secret() {
  using namespace targets::fields;
  // Not FieldType::Name: that of a profile with a dot in its name has one, too.
  api::FieldSpec name = text("name", Need::Required, "the Secret");
  api::FieldSpec key = text("key", Need::Optional, "its key");
  key.otherwise = Node(kTokenKey);
  api::FieldSpec out =
      field("tokenSecret", api::FieldType::Object, Need::Optional,
            "where the token of the sidecars' admin API is; default: key admin-token of "
            "muster-sidecar-PROFILE, the Secret of the profile that a pod names");
  out.fields = {std::move(name), std::move(key)};
  return out;
}

api::FieldSpec tls() {
  using namespace targets::fields;
  api::FieldSpec out =
      field("tls", api::FieldType::Object, Need::Optional,
            "how sidecars are asked whose admin port speaks TLS; default: over TLS where the pod "
            "says so, as one does whose sidecar was injected with adminTls");
  out.fields = {text("secret", Need::Optional,
                     "the Secret with ca.crt, who vouches for their certificates, and with tls.crt "
                     "and tls.key, the drill's own certificate, where they ask for one; default: "
                     "the Secret that an injected sidecar has its certificate from"),
                text("serverName", Need::Optional,
                     "the name in their certificates; default: muster-sidecar.NAMESPACE.svc")};
  return out;
}

api::ActionKind table() {
  using namespace targets::fields;
  std::vector<api::FieldSpec> out = {
      reference("workload", Names::Process, Need::Required,
                "the workload, whose pods have sidecars"),
      integer("count", {1, 100}, 1, "how many of its pods, the first ones by name"), token_secret(),
      tls()};
  std::vector<api::FieldSpec> what = targets::sidecar_fault_fields();
  std::move(what.begin(), what.end(), std::back_inserter(out));
  return kind(
      "sidecar", api::Use::Fault,
      "Hurts the traffic that the sidecars of a workload's pods pass on, for as long as the "
      "drill renews it.",
      std::move(out));
}

/// The first pods of the workload, by name, with their sidecars.
aio::Task<base::Result<std::vector<PodSidecar>>> choose(ClusterTarget& target, Node params,
                                                        std::stop_token stop) {
  CO_TRY(const std::vector<Pod> pods,
         choose_pods(target, params["workload"].as_string(), params["count"].as_int(1)));
  std::vector<PodSidecar> out;
  for (const Pod& pod : pods) {
    CO_TRY(const Node object, co_await target.get(kPods, pod.name, stop));
    CO_TRY(PodSidecar sidecar, sidecar_of(object, params["tokenSecret"], params["tls"]));
    out.push_back(std::move(sidecar));
  }
  co_return out;
}

/// One of the chosen sidecars, and the fault that it has.
struct Held {
  Held(Context& context, SidecarTokens& tokens, SidecarTlsContexts& contexts, const Node& params,
       const Node& undo, const PodSidecar& sidecar)
      : place(cluster_of(context), tokens, contexts, sidecar),
        lease(context.clock, place, params, undo["id"].as_string()) {}
  PodSidecarPlace place;
  targets::SidecarLease lease;
};

/// What is known of a fault since it began, and in no journal.
struct Begun {
  SidecarTokens::Known tokens;
  SidecarTlsContexts::Known contexts;
  std::map<std::string, base::TimePoint> pods;  // since when each pod has it
};

/// All of them.
struct HeldAll {
  HeldAll(Context& context, const Node& params, const Node& undo, const Begun& begun = {})
      : tokens(cluster_of(context), begun.tokens),
        contexts(cluster_of(context), context.clock, begun.contexts) {
    for (const PodSidecar& each : sidecars_in(undo["sidecars"])) {
      pods.push_back(std::make_unique<Held>(context, tokens, contexts, params, undo, each));
    }
  }
  Begun begun() const {
    Begun out{tokens.known(), contexts.known(), {}};
    for (const auto& held : pods) {
      if (held->lease.begun()) out.pods.emplace(held->place.pod(), *held->lease.begun());
    }
    return out;
  }
  SidecarTokens tokens;
  SidecarTlsContexts contexts;
  std::vector<std::unique_ptr<Held>> pods;
};

aio::Task<base::Result<>> note_outcome(aio::Task<base::Result<>> work, base::Result<>& outcome) {
  outcome = co_await std::move(work);
  co_return base::Result<>{};
}

using Ask = aio::Task<base::Result<>> (targets::SidecarLease::*)(std::stop_token);

/// Asks all of them at the same time, each to its end whatever becomes of the others: one that does
/// not answer uses up nobody's lease. Errors: of the first, by name; one whose outcome is not known
/// before all others.
aio::Task<base::Result<>> ask_all(HeldAll& all, Ask ask, std::stop_token stop) {
  std::vector<base::Result<>> outcomes(all.pods.size());
  aio::TaskGroup group(co_await aio::asio::this_coro::executor);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    group.spawn(note_outcome((all.pods[i]->lease.*ask)(stop), outcomes[i]));
  }
  CO_TRY(co_await group.join());
  base::Result<> out;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i]) continue;
    const bool worse = targets::outcome_unknown(outcomes[i].error()) &&
                       (out || !targets::outcome_unknown(out.error()));
    if (out || worse) {
      out = tl::unexpected(outcomes[i].error().with("pod " + all.pods[i]->place.pod()));
    }
  }
  co_return out;
}

/// How many are still in force, and the error of the last one.
struct Kept {
  std::size_t left = 0;
  base::Result<> last{};
};

aio::Task<base::Result<>> keep_one(Held& held, std::optional<base::TimePoint> begun, Kept& kept,
                                   targets::Lease::Lost lost, std::stop_token stop) {
  const auto done = co_await held.lease.keep(begun, std::move(stop));
  if (done) co_return base::Result<>{};
  const base::Error error = done.error().with("pod " + held.place.pod());
  if (--kept.left > 0) {
    lost(error.message);
  } else {
    kept.last = tl::unexpected(error);
  }
  co_return base::Result<>{};
}

class SidecarFault final : public targets::Driver, public targets::Lease {
 public:
  const api::ActionKind& kind() const override { return kind_; }
  // Traffic that passes again harms nobody, whoever leads.
  drill::Undo rule(const Node&) const override { return drill::Undo::Always; }
  std::vector<std::string> touches(const Node& params) const override {
    return {params["workload"].as_string()};
  }
  base::Result<> check(const Node& params) const override {
    return targets::check_sidecar_fault(params);
  }

  aio::Task<base::Result<>> preflight(Context& context, Node params,
                                      std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    CO_TRY(co_await check_rights(target, {{.resource = kPods, .verbs = {"get"}}}, stop));
    CO_TRY(const std::vector<PodSidecar> sidecars, co_await choose(target, params, stop));
    std::vector<Right> rights;
    const auto read = [&](const std::string& secret) {
      const bool asked = std::any_of(rights.begin(), rights.end(),
                                     [&](const Right& right) { return right.name == secret; });
      if (!asked) rights.push_back({.resource = kSecrets, .verbs = {"get"}, .name = secret});
    };
    for (const PodSidecar& each : sidecars) {
      read(each.secret);
      if (each.tls) read(each.tls->secret);
    }
    co_return co_await check_rights(target, std::move(rights), std::move(stop));
  }

  aio::Task<base::Result<Node>> prepare(Context& context, Node params,
                                        std::stop_token stop) override {
    CO_TRY(const std::vector<PodSidecar> sidecars,
           co_await choose(cluster_of(context), params, stop));
    Node undo =
        Node::map().set("id", targets::draw_sidecar_fault_id()).set("sidecars", node_of(sidecars));
    HeldAll all(context, params, undo);
    CO_TRY(co_await ask_all(all, &targets::SidecarLease::look, std::move(stop)));
    co_return undo;
  }

  aio::Task<base::Result<std::string>> apply(Context& context, Node params, Node undo,
                                             std::stop_token stop) override {
    HeldAll all(context, params, undo);
    const auto done = co_await ask_all(all, &targets::SidecarLease::begin, std::move(stop));
    // Of one that did not begin everywhere, too: it is undone.
    begun_.insert_or_assign(undo["id"].as_string(), all.begun());
    if (!done) co_return tl::unexpected(done.error());
    co_return fmt::format("{} by the sidecars of {}", targets::text_of_sidecar_fault(params),
                          names_of(sidecars_in(undo["sidecars"])));
  }

  aio::Task<base::Result<std::string>> prove(Context& context, Node params, Node undo,
                                             std::stop_token stop) override {
    HeldAll all(context, params, undo, begun(undo));
    CO_TRY(co_await ask_all(all, &targets::SidecarLease::prove, std::move(stop)));
    co_return fmt::format("the sidecars of {} have {} in force",
                          names_of(sidecars_in(undo["sidecars"])), params["action"].as_string());
  }

  aio::Task<base::Result<>> sustain(Context& context, Node params, Node undo, Lost lost,
                                    std::stop_token stop) override {
    // Each at once and by itself, with the tokens of apply(): the API server may be away.
    const Begun begun = this->begun(undo);
    HeldAll all(context, params, undo, begun);
    Kept kept{all.pods.size()};
    aio::TaskGroup group(co_await aio::asio::this_coro::executor);
    for (const auto& held : all.pods) {
      const auto since = begun.pods.find(held->place.pod());
      const auto at = since == begun.pods.end() ? std::nullopt : std::optional(since->second);
      group.spawn(keep_one(*held, at, kept, lost, stop));
    }
    CO_TRY(co_await group.join());
    co_return kept.last;
  }

  aio::Task<base::Result<>> undo(Context& context, Node params, Node undo,
                                 std::stop_token stop) override {
    HeldAll all(context, params, undo, begun(undo));
    CO_TRY(co_await ask_all(all, &targets::SidecarLease::end, std::move(stop)));
    begun_.erase(undo["id"].as_string());
    co_return base::Result<>{};
  }

 private:
  Begun begun(const Node& undo) const {
    const auto found = begun_.find(undo["id"].as_string());
    return found == begun_.end() ? Begun{} : found->second;
  }

  api::ActionKind kind_ = table();
  std::map<std::string, Begun> begun_;  // the faults of this process, by id
};

}  // namespace

std::unique_ptr<targets::Driver> make_sidecar_fault() {
  return std::make_unique<SidecarFault>();
}

}  // namespace cluster
