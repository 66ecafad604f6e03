#include "sim/api_server.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "sim/api_patch.h"
#include "sim/api_rules.h"

namespace sim {
namespace {

using api::Entry;
using api::Node;

constexpr unsigned kCreated = 201;

Text text(std::string value) {
  return std::make_shared<const std::string>(std::move(value));
}

ApiAnswer refuse(unsigned code, const std::string& reason, const std::string& message) {
  return {code, text(api::to_json(Node::map()
                                      .set("kind", "Status")
                                      .set("apiVersion", "v1")
                                      .set("status", "Failure")
                                      .set("message", message)
                                      .set("reason", reason)
                                      .set("code", static_cast<std::int64_t>(code))))};
}

ApiAnswer not_found(const ApiTarget& target) {
  return refuse(404, "NotFound",
                fmt::format("{} \"{}\" not found", target.plural, target.key.name));
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%' || i + 2 >= text.size()) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
    i += 2;
  }
  return out;
}

std::vector<std::string> words_of(std::string_view path) {
  std::vector<std::string> out;
  while (!path.empty()) {
    const std::size_t end = path.find('/');
    if (end != 0) out.push_back(decoded(path.substr(0, end)));
    path = end == std::string_view::npos ? std::string_view() : path.substr(end + 1);
  }
  return out;
}

kube::Key key_of(const Node& object) {
  const Node& meta = object["metadata"];
  return {meta["namespace"].as_string(), meta["name"].as_string()};
}

/// Whether anything but metadata and status is another.
bool other_spec(const Node& a, const Node& b) {
  const auto counts = [](const Entry& entry) {
    return entry.key != "metadata" && entry.key != "status";
  };
  const auto lacks = [&counts](const Node& in, const Entry& entry) {
    const Node* found = in.find(entry.key);
    return counts(entry) && (found == nullptr || !same(*found, entry.value));
  };
  const auto any = [&lacks](const Node& of, const Node& in) {
    return std::any_of(of.entries().begin(), of.entries().end(),
                       [&](const Entry& entry) { return lacks(in, entry); });
  };
  return any(a, b) || any(b, a);
}

/// What the subresource of that name shows of an object.
Node scale_of(const Node& object) {
  Node meta = Node::map();
  for (const char* name : {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"}) {
    meta.set(name, object["metadata"][name]);
  }
  return Node::map()
      .set("kind", "Scale")
      .set("apiVersion", "autoscaling/v1")
      .set("metadata", std::move(meta))
      .set("spec", Node::map().set("replicas", object["spec"]["replicas"]))
      .set("status", Node::map().set("replicas", object["status"]["replicas"].as_int()));
}

void bump_generation(const Node& before, Node& after) {
  const Node& had = before["metadata"]["generation"];
  if (!had.is_int() || !other_spec(after, before)) return;
  Node meta = after["metadata"];
  after.set("metadata", std::move(meta.set("generation", had.as_int() + 1)));
}

/// The object with this in the place of its own status; null: it has none.
Node with_status(const Node& object, Node status) {
  Node out = Node::map();
  for (const Entry& entry : object.entries()) {
    if (entry.key != "status") {
      out.entries().push_back(entry);
    } else if (!status.is_null()) {
      out.entries().push_back({.key = entry.key, .value = {}, .mark = {}});  // its place
    }
  }
  if (!status.is_null()) out.set("status", std::move(status));
  return out;
}

}  // namespace

ApiTarget parse_target(std::string_view target) {
  ApiTarget out;
  const std::size_t question = target.find('?');
  std::string_view query =
      question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    out.query[decoded(pair.substr(0, equals))] =
        decoded(pair.substr(std::min(equals + 1, pair.size())));
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
  }
  std::vector<std::string> words = words_of(target.substr(0, question));
  std::reverse(words.begin(), words.end());  // the next one is at the back
  const auto next = [&words] {
    std::string word;
    if (!words.empty()) word = std::exchange(words.back(), {});
    if (!words.empty()) words.pop_back();
    return word;
  };
  if (next() == "apis") out.group = next();
  out.version = next();
  if (words.size() > 2 && words.back() == "namespaces") {
    next();
    out.key.space = next();
  }
  out.plural = next();
  out.key.name = next();
  out.subresource = next();
  return out;
}

void ApiServer::serve(const kube::Resource& resource) {
  collections_[resource.group + "/" + resource.plural].resource = resource;
}

ApiServer::Collection* ApiServer::collection_of(const ApiTarget& target) {
  const auto found = collections_.find(target.group + "/" + target.plural);
  return found == collections_.end() ? nullptr : &found->second;
}

const ApiServer::Collection& ApiServer::known(const kube::Resource& resource) const {
  const auto found = collections_.find(resource.group + "/" + resource.plural);
  CHECK(found != collections_.end());
  return found->second;
}

std::string ApiServer::next_uid() {
  return fmt::format("00000000-0000-4000-8000-{:012x}", ++uids_);
}

std::string ApiServer::stamp() const {
  const std::string full = base::rfc3339(now_());
  return full.substr(0, full.find('.')) + "Z";
}

// --- requests ---

ApiAnswer ApiServer::handle(const ApiRequest& request) {
  const ApiTarget target = parse_target(request.target);
  if (target.plural.empty()) return discover(target);
  if (target.plural == "selfsubjectaccessreviews") {
    return {kCreated, text(R"({"kind":"SelfSubjectAccessReview","status":{"allowed":true}})")};
  }
  Collection* collection = collection_of(target);
  if (collection == nullptr) return refuse(404, "NotFound", "404 page not found");
  if (request.method == "GET" && target.key.name.empty()) return list(*collection, target);
  if (request.method == "GET") return get(*collection, target);
  if (request.method == "PATCH") return patch(*collection, target, request);
  auto body = request.body.empty() ? Node::map() : api::parse_json(request.body);
  if (!body) return refuse(400, "BadRequest", body.error().message);
  if (!body->is_map()) return refuse(400, "BadRequest", "the body is no object");
  if (request.method == "DELETE") return remove(*collection, target, *body);
  if (request.method == "PUT") return replace(*collection, target, std::move(*body));
  if (request.method != "POST") return refuse(405, "MethodNotAllowed", request.method);
  if (target.subresource == "eviction") return evict(*collection, target, *body);
  return create(*collection, target, std::move(*body));
}

ApiAnswer ApiServer::get(const Collection& collection, const ApiTarget& target) const {
  const auto found = collection.texts.find(target.key);
  if (found == collection.texts.end()) return not_found(target);
  if (target.subresource != "scale") return {200, found->second};
  return {200, text(api::to_json(scale_of(*collection.objects.at(target.key))))};
}

ApiAnswer ApiServer::discover(const ApiTarget& target) const {
  Node resources = Node::sequence();
  for (const auto& [path, collection] : collections_) {
    const kube::Resource& each = collection.resource;
    if (each.group != target.group || each.version != target.version) continue;
    resources.push(Node::map()
                       .set("name", each.plural)
                       .set("kind", each.kind)
                       .set("namespaced", each.namespaced));
  }
  return {200,
          text(api::to_json(
              Node::map().set("kind", "APIResourceList").set("resources", std::move(resources))))};
}

ApiAnswer ApiServer::create(Collection& collection, const ApiTarget& target, Node object) {
  Node meta = object["metadata"];
  if (!meta.is_map()) meta = Node::map();
  const std::string& space = meta["namespace"].as_string();
  if (!space.empty() && space != target.key.space) {
    return refuse(400, "BadRequest", "the namespace of the object is another than that in the URL");
  }
  if (!meta["resourceVersion"].as_string().empty()) {
    return refuse(500, "InternalError",
                  "resourceVersion should not be set on objects to be created");
  }
  const std::string& prefix = meta["generateName"].as_string();
  if (meta["name"].as_string().empty() && !prefix.empty()) {
    meta.set("name", generated_name(prefix, ++names_));
  }
  if (!is_object_name(meta["name"].as_string())) {
    return refuse(422, "Invalid",
                  fmt::format("metadata.name: Invalid value: \"{}\"", meta["name"].as_string()));
  }
  if (collection.resource.namespaced) meta.set("namespace", target.key.space);
  for (const char* name : {"deletionTimestamp", "deletionGracePeriodSeconds", "generation"}) {
    meta.erase(name);
  }
  meta.set("uid", next_uid()).set("creationTimestamp", stamp());
  if (has_generation(collection.resource)) meta.set("generation", 1);
  object.set("metadata", std::move(meta));
  object.set("apiVersion", collection.resource.api_version());
  object.set("kind", collection.resource.kind);
  object.erase("status");
  const kube::Key key = key_of(object);
  if (collection.objects.contains(key)) {
    return refuse(409, "AlreadyExists",
                  fmt::format("{} \"{}\" already exists", target.plural, key.name));
  }
  if (target.query.contains("dryRun")) return {kCreated, text(api::to_json(object))};
  store(collection, std::move(object));
  return {kCreated, collection.texts.at(key)};
}

ApiAnswer ApiServer::evict(Collection& collection, const ApiTarget& target, const Node& eviction) {
  const ApiAnswer removed = remove(collection, target, eviction["deleteOptions"]);
  if (removed.code != 200) return removed;
  return {kCreated, text(R"({"kind":"Status","status":"Success"})")};
}

ApiServer::Edited ApiServer::edited(const Node& now, const ApiRequest& request) {
  const auto body = api::parse_json(request.body);
  if (!body) return {refuse(400, "BadRequest", body.error().message), {}};
  const bool list = request.content_type.starts_with("application/json-patch");
  if (list ? !body->is_sequence() : !body->is_map()) {
    return {refuse(400, "BadRequest", "no such patch"), {}};
  }
  if (!list) return {{}, merged(now, *body)};
  auto done = json_patched(now, *body);
  if (!done) return {refuse(422, "Invalid", done.error().message), {}};
  return {{}, std::move(*done)};
}

namespace {

/// A subresource changes its own part and nothing else, and without one its part is not changed.
Node only_part(const std::string& subresource, const Node& now, Node then) {
  if (subresource == "status") {
    Node* status = then.find("status");
    return with_status(now, status == nullptr ? Node() : std::move(*status));
  }
  if (subresource == "scale") {
    Node whole = now;
    Node spec = now["spec"];
    spec.set("replicas", then["spec"]["replicas"]);
    whole.set("spec", std::move(spec));
    return whole;
  }
  if (const Node* status = now.find("status")) {
    then.set("status", *status);
  } else {
    then.erase("status");
  }
  return then;
}

}  // namespace

void ApiServer::note_manager(Node& object, const ApiTarget& target) const {
  const auto manager = target.query.find("fieldManager");
  if (manager == target.query.end()) return;
  Node meta = object["metadata"];
  Node entries = Node::sequence();
  for (const Node& entry : meta["managedFields"].items()) {
    if (entry["manager"].as_string() != manager->second) entries.push(entry);
  }
  entries.push(Node::map().set("manager", manager->second).set("time", stamp()));
  object.set("metadata", std::move(meta.set("managedFields", std::move(entries))));
}

ApiAnswer ApiServer::patch(Collection& collection, const ApiTarget& target,
                           const ApiRequest& request) {
  if (request.content_type.starts_with("application/apply-patch")) {
    auto body = api::parse_json(request.body);
    if (!body) return refuse(400, "BadRequest", body.error().message);
    return apply(collection, target, std::move(*body));
  }
  const auto found = collection.objects.find(target.key);
  if (found == collection.objects.end()) return not_found(target);
  return change(collection, target, edited(*found->second, request), false, false);
}

ApiAnswer ApiServer::apply(Collection& collection, const ApiTarget& target, Node wanted) {
  const auto asked = [&target](const char* name) {
    const auto found = target.query.find(name);
    return found == target.query.end() ? std::string() : found->second;
  };
  const std::string manager = asked("fieldManager") + "/" + target.subresource;
  const auto found = collection.objects.find(target.key);
  if (found == collection.objects.end()) {
    if (!target.subresource.empty()) return not_found(target);
    if (!wanted["metadata"]["uid"].as_string().empty()) {
      return refuse(409, "Conflict", "uid mismatch: there is no such object");
    }
    const ApiAnswer made = create(collection, target, wanted);
    if (made.code == kCreated && collection.objects.contains(target.key)) {
      ApiAppliers appliers;
      appliers.apply({}, wanted, manager, true);
      collection.appliers[target.key] = std::move(appliers);
    }
    return made;
  }
  const Node& now = *found->second;
  const Refused refused = refused_change(now, merged(now, wanted), false);
  if (refused.code != 0) return refuse(refused.code, refused.reason, refused.message);
  ApiAppliers appliers = collection.appliers[target.key];
  auto applied = appliers.apply(now, wanted, manager, asked("force") == "true");
  if (!applied.conflict.empty()) return refuse(409, "Conflict", applied.conflict);
  const ApiAnswer done = change(collection, target, {{}, std::move(applied.object)}, false, true);
  const bool dry = target.query.contains("dryRun");
  if (done.code == 200 && !dry && collection.objects.contains(target.key)) {
    collection.appliers[target.key] = std::move(appliers);
  }
  return done;
}

ApiAnswer ApiServer::replace(Collection& collection, const ApiTarget& target, Node object) {
  const auto found = collection.objects.find(target.key);
  if (found == collection.objects.end()) return not_found(target);
  const Node& now = *found->second;
  Node meta = object["metadata"];
  if (!meta.has("resourceVersion") && needs_version(collection.resource)) {
    return refuse(422, "Invalid",
                  "metadata.resourceVersion: Invalid value: must be specified for an update");
  }
  // What it does not say.
  for (const char* name : {"uid", "resourceVersion", "namespace", "managedFields"}) {
    if (!meta.has(name) && now["metadata"].has(name)) meta.set(name, now["metadata"][name]);
  }
  object.set("metadata", std::move(meta));
  return change(collection, target, {{}, std::move(object)}, true, false);
}

ApiAnswer ApiServer::change(Collection& collection, const ApiTarget& target, Edited edit,
                            bool replaces, bool applies) {
  if (edit.refused.code != 200) return edit.refused;
  const Object now = collection.objects.at(target.key);
  const Refused refused = refused_change(*now, edit.object, replaces);
  if (refused.code != 0) return refuse(refused.code, refused.reason, refused.message);
  Node then = only_part(target.subresource, *now, std::move(edit.object));
  keep_own_fields(*now, then);
  const auto shown = [&](const Node& object) {
    return target.subresource == "scale" ? text(api::to_json(scale_of(object)))
                                         : text(api::to_json(object));
  };
  const bool scale = target.subresource == "scale";
  if (same(then, *now)) return {200, scale ? shown(then) : collection.texts.at(target.key)};
  if (target.query.contains("dryRun")) {
    bump_generation(*now, then);
    return {200, shown(then)};
  }
  if (!applies) note_manager(then, target);
  const bool is_last = (*now)["metadata"].has("deletionTimestamp") &&
                       then["metadata"]["finalizers"].size() == 0 &&
                       (*now)["metadata"]["finalizers"].size() > 0;
  if (is_last) {
    drop(collection, target.key);
    return {200, shown(then)};
  }
  const Object after = store(collection, std::move(then));
  return {200, scale ? shown(*after) : collection.texts.at(target.key)};
}

ApiAnswer ApiServer::remove(Collection& collection, const ApiTarget& target, const Node& options) {
  const auto found = collection.objects.find(target.key);
  if (found == collection.objects.end()) return not_found(target);
  const Object now = found->second;
  const Node& meta = (*now)["metadata"];
  for (const char* name : {"uid", "resourceVersion"}) {
    const std::string& wanted = options["preconditions"][name].as_string();
    if (wanted.empty() || wanted == meta[name].as_string()) continue;
    return refuse(409, "Conflict",
                  fmt::format("Precondition failed: {} in precondition: {}", name, wanted));
  }
  const bool pod = collection.resource.plural == "pods";
  const std::int64_t own = (*now)["spec"]["terminationGracePeriodSeconds"].as_int(30);
  const std::int64_t grace = pod ? std::min(options["gracePeriodSeconds"].as_int(own), own) : 0;
  if (meta["finalizers"].size() == 0 && grace == 0) {
    drop(collection, target.key);
    return {200, text(R"({"kind":"Status","status":"Success"})")};
  }
  Node object = *now;
  Node marked = meta;
  mark_deleted(marked, stamp(), grace);
  object.set("metadata", std::move(marked));
  if (!(object == *now)) store(collection, std::move(object));
  return {200, collection.texts.at(target.key)};
}

// --- what is kept ---

ApiServer::Object ApiServer::store(Collection& collection, Node object) {
  const kube::Key key = key_of(object);
  Change change;
  change.version = ++version_;
  const auto before = collection.objects.find(key);
  if (before != collection.objects.end()) change.before = before->second;
  Node meta = object["metadata"];
  meta.set("resourceVersion", std::to_string(version_));
  object.set("metadata", std::move(meta));
  if (change.before) bump_generation(*change.before, object);
  change.json = text(api::to_json(object));
  change.after = std::make_shared<const Node>(std::move(object));
  const Object after = change.after;
  collection.objects[key] = after;
  collection.texts[key] = change.json;
  told(collection, std::move(change));
  return after;
}

void ApiServer::drop(Collection& collection, const kube::Key& key) {
  Change change;
  change.version = ++version_;
  Node last = *collection.objects.at(key);
  change.before = collection.objects.at(key);
  Node meta = last["metadata"];
  last.set("metadata", std::move(meta.set("resourceVersion", std::to_string(version_))));
  change.json = text(api::to_json(last));
  collection.objects.erase(key);
  collection.texts.erase(key);
  collection.appliers.erase(key);
  told(collection, std::move(change));
}

ApiServer::Object ApiServer::find(const kube::Resource& resource, const kube::Key& key) const {
  const Collection& collection = known(resource);
  const auto found = collection.objects.find(key);
  return found == collection.objects.end() ? nullptr : found->second;
}

std::vector<ApiServer::Object> ApiServer::all(const kube::Resource& resource) const {
  std::vector<Object> out;
  for (const auto& [key, object] : known(resource).objects) out.push_back(object);
  return out;
}

ApiServer::Object ApiServer::put(const kube::Resource& resource, Node object) {
  auto& collection = const_cast<Collection&>(known(resource));
  const auto now = collection.objects.find(key_of(object));
  if (now == collection.objects.end()) {
    Node meta = object["metadata"];
    meta.set("uid", next_uid()).set("creationTimestamp", stamp());
    if (has_generation(resource)) meta.set("generation", 1);
    object.set("metadata", std::move(meta));
    object.set("apiVersion", resource.api_version()).set("kind", resource.kind);
  } else if (object == *now->second) {
    return now->second;
  }
  return store(collection, std::move(object));
}

void ApiServer::erase(const kube::Resource& resource, const kube::Key& key) {
  auto& collection = const_cast<Collection&>(known(resource));
  if (collection.objects.contains(key)) drop(collection, key);
}

}  // namespace sim
