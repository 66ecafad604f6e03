#include "cluster/drill_object.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "cluster/kept_members.h"
#include "kube/taken.h"
#include "store/undo_journal.h"

namespace cluster {

using api::Node;

const kube::Resource kDrills{"muster.dev", "v1alpha1", "Drill", "drills", true};
const kube::Resource kPlans{"muster.dev", "v1alpha1", "RecoveryPlan", "recoveryplans", true};
const kube::Resource kSchedules{"muster.dev", "v1alpha1", "DrillSchedule", "drillschedules", true};

namespace {

constexpr int kClaimsMax = 8;
constexpr int kAttemptsMax = 10;  // of a write that others come before

Node operation(const char* op, const std::string& path, Node value) {
  return Node::map().set("op", op).set("path", path).set("value", std::move(value));
}

bool among(const Node& list, std::string_view text) {
  return std::any_of(list.items().begin(), list.items().end(),
                     [&](const Node& item) { return item.as_string() == text; });
}

/// A write of the status that came too late. A failed test of a JSON patch is answered by 422.
base::Result<> landed(const base::Result<kube::Reply>& reply, const std::string& what) {
  const bool tested = reply && reply->code == 422;
  if (tested && reply->refusal.message.find("test") != std::string::npos) {
    return base::fail(base::Code::FailedPrecondition, what + ": another pod has the drill now");
  }
  TRY(kube::taken(reply, what));
  return {};
}

/// The finalizers as they were read, with ours or without it, in just that version.
std::string finalizers_patch(const Node& meta, const std::string& object_uid, bool held) {
  Node finalizers = Node::sequence();
  for (const Node& one : meta["finalizers"].items()) {
    if (one.as_string() != kUndoFinalizer) finalizers.push(one);
  }
  if (held) finalizers.push(kUndoFinalizer);
  return api::to_json(
      Node::map().set("metadata", Node::map()
                                      .set("uid", object_uid)
                                      .set("resourceVersion", meta["resourceVersion"])
                                      .set("finalizers", std::move(finalizers))));
}

}  // namespace

bool may_need_undo(const DrillObject& drill) {
  if (drill.finished()) return false;
  const auto journal = store::parse_journal(drill.journal());
  return !journal || journal->needs_recovery();
}

base::Result<DrillObject> parse_drill(std::string_view json) {
  TRY(Node object, api::parse_json(json));
  const Node& meta = object["metadata"];
  DrillObject out;
  out.key = {meta["namespace"].as_string(), meta["name"].as_string()};
  if (out.key.name.empty()) {
    return base::fail(base::Code::InvalidArgument, "a Drill without a name");
  }
  out.uid = meta["uid"].as_string();
  out.version = meta["resourceVersion"].as_string();
  out.created = meta["creationTimestamp"].as_string();
  out.generation = meta["generation"].as_int();
  out.deleting = !meta["deletionTimestamp"].as_string().empty();
  out.has_finalizer = among(meta["finalizers"], kUndoFinalizer);
  for (const Node& owner : meta["ownerReferences"].items()) {
    if (owner["kind"].as_string() == kSchedules.kind) out.schedule_uid = owner["uid"].as_string();
  }
  for (const Node& entry : meta["managedFields"].items()) {
    if (entry["manager"].as_string() != kHeart) continue;
    if (const auto time = kube::parse_time(entry["time"].as_string())) out.beat_time = *time;
  }
  const Node& annotations = meta["annotations"];
  out.slot = annotations["muster.dev/slot"].as_string();
  out.requested_by = annotations[kRequestedBy].as_string();
  out.aborted_by = annotations[kAbortedBy].as_string();
  for (auto [part, to] : {std::pair("spec", &out.spec), std::pair("status", &out.status)}) {
    if (Node* found = object.find(part)) *to = std::move(*found);
  }
  out.plan = out.spec["planRef"]["name"].as_string();
  out.profile = out.spec["profile"].as_string();
  out.abort = out.spec["abort"].as_bool();
  return out;
}

std::string fenced_patch(const std::string& object_uid, const std::string& runner_uid,
                         const std::vector<Member>& members) {
  Node patch = Node::sequence();
  patch.push(operation("test", "/metadata/uid", object_uid));
  patch.push(operation("test", "/status/runner/uid", runner_uid));
  for (const auto& [name, value] : members) {
    // "add" sets a member whether it is there or not.
    patch.push(operation("add", "/status/" + name, value));
  }
  return api::to_json(patch);
}

aio::Task<base::Result<DrillObject>> DrillWriter::read(std::stop_token stop) {
  const std::string what = "get drills " + kube::to_string(key_);
  const auto reply = co_await client_->get(kDrills, key_, std::move(stop));
  CO_TRY(landed(reply, what));
  CO_TRY(DrillObject drill, parse_drill(reply->body));
  if (!uid_.empty() && drill.uid != uid_) {
    co_return base::fail(base::Code::NotFound, what + ": another one has its name now");
  }
  drill.read_time = reply->date;
  co_return std::move(drill);
}

aio::Task<base::Result<DrillObject>> DrillWriter::claim(std::string from, Node runner,
                                                        std::stop_token stop) {
  const std::string what = "claim drills " + kube::to_string(key_);
  for (int i = 0; i < kClaimsMax; ++i) {
    CO_TRY(const DrillObject now, co_await read(stop));
    if (now.finished() || now.runner() == runner["uid"].as_string()) co_return now;
    if (now.runner() != from) {
      co_return base::fail(base::Code::FailedPrecondition,
                           fmt::format("{}: it is carried out by pod {} already", what,
                                       now.status["runner"]["pod"].as_string()));
    }
    if (now.phase().empty() || now.phase() == "Pending") {
      // A pod that was made for it comes late: it was put back, another drill has its target.
      co_return base::fail(base::Code::FailedPrecondition, what + ": it waits to be taken");
    }
    // The version decides between two that saw the same.
    const Node patch = Node::map()
                           .set("metadata", Node::map().set("resourceVersion", now.version))
                           .set("status", Node::map().set("runner", runner));
    const auto reply =
        co_await client_->patch(kDrills, key_, kube::PatchType::Merge, api::to_json(patch),
                                {.subresource = "status", .field_manager = kHeart}, stop);
    // Somebody wrote to it, perhaps nothing of this: the next look tells.
    if (reply && reply->code == 409) continue;
    CO_TRY(landed(reply, what));
    co_return parse_drill(reply->body);
  }
  co_return base::fail(base::Code::Unavailable, what + ": others write to it all the time");
}

aio::Task<base::Result<>> DrillWriter::write(std::string object_uid, std::string runner_uid,
                                             std::vector<Member> members, std::stop_token stop,
                                             std::string manager) {
  kube::WriteOptions options;
  options.subresource = "status";
  options.field_manager = std::move(manager);
  const auto reply = co_await client_->patch(kDrills, key_, kube::PatchType::Json,
                                             fenced_patch(object_uid, runner_uid, members), options,
                                             std::move(stop));
  CO_TRY(landed(reply, "write the status of drills " + kube::to_string(key_)));
  co_return all_kept(reply->body, members);
}

aio::Task<base::Result<>> DrillWriter::abort(std::string object_uid, std::stop_token stop) {
  Node patch = Node::map().set("spec", Node::map().set("abort", true));
  if (!object_uid.empty()) patch.set("metadata", Node::map().set("uid", object_uid));
  const auto reply = co_await client_->patch(kDrills, key_, kube::PatchType::Merge,
                                             api::to_json(patch), {}, std::move(stop));
  // Another UID than its own is no conflict for the server: it is the change of a field that nobody
  // may change.
  const bool another = reply && reply->code == 422 &&
                       reply->refusal.message.find("metadata.uid") != std::string::npos;
  if (another || (reply && (reply->code == 404 || reply->code == 409))) co_return base::Result<>{};
  co_return landed(reply, "abort drills " + kube::to_string(key_));
}

aio::Task<base::Result<>> DrillWriter::hold(std::string object_uid, std::string runner_uid,
                                            std::stop_token stop) {
  return set_finalizer(std::move(object_uid), std::move(runner_uid), Finalizer::Add,
                       std::move(stop));
}

aio::Task<base::Result<>> DrillWriter::let_go(std::string object_uid, std::stop_token stop) {
  return set_finalizer(std::move(object_uid), "", Finalizer::Remove, std::move(stop));
}

aio::Task<base::Result<>> DrillWriter::abandon(std::string object_uid, std::stop_token stop) {
  return set_finalizer(std::move(object_uid), "", Finalizer::RemoveInAnyCase, std::move(stop));
}

// Of exactly the version that was looked at: also what it says of the journal.
aio::Task<base::Result<>> DrillWriter::set_finalizer(std::string object_uid, std::string runner_uid,
                                                     Finalizer wanted, std::stop_token stop) {
  const bool held = wanted == Finalizer::Add;
  const std::string what =
      fmt::format("{} the finalizer of drills {}", held ? "add" : "remove", kube::to_string(key_));
  for (int attempt = 1;; ++attempt) {
    const auto reply = co_await client_->get(kDrills, key_, stop);
    if (reply && reply->code == 404 && !held) co_return base::Result<>{};
    CO_TRY(landed(reply, what));
    CO_TRY(const Node object, api::parse_json(reply->body));
    const Node& meta = object["metadata"];
    if (meta["uid"].as_string() != object_uid && !held) co_return base::Result<>{};
    if (held && object["status"]["runner"]["uid"].as_string() != runner_uid) {
      co_return base::fail(base::Code::FailedPrecondition, what + ": another pod has it now");
    }
    if (among(meta["finalizers"], kUndoFinalizer) == held) co_return base::Result<>{};
    CO_TRY(const DrillObject drill, parse_drill(reply->body));
    if (wanted == Finalizer::Remove && may_need_undo(drill)) {
      co_return base::fail(base::Code::FailedPrecondition,
                           what + ": its undo journal has something left");
    }
    const auto patched = co_await client_->patch(
        kDrills, key_, kube::PatchType::Merge, finalizers_patch(meta, object_uid, held), {}, stop);
    if (patched && patched->code == 404 && !held) co_return base::Result<>{};
    // A heartbeat came in between: that says nothing about the finalizers.
    if (patched && patched->code == 409 && attempt < kAttemptsMax) continue;
    co_return landed(patched, what);
  }
}

}  // namespace cluster
