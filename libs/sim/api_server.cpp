#include "sim/api_server.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "sim/api_patch.h"

namespace sim {
namespace {

using api::Entry;
using api::Node;

constexpr unsigned kCreated = 201;

Text text(std::string value) {
  return std::make_shared<const std::string>(std::move(value));
}

ApiAnswer refuse(unsigned code, const char* reason, const std::string& message) {
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
    return counts(entry) && (found == nullptr || !(*found == entry.value));
  };
  const auto any = [&lacks](const Node& of, const Node& in) {
    return std::any_of(of.entries().begin(), of.entries().end(),
                       [&](const Entry& entry) { return lacks(in, entry); });
  };
  return any(a, b) || any(b, a);
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
  if (request.method == "GET") {
    const auto found = collection->texts.find(target.key);
    return found == collection->texts.end() ? not_found(target) : ApiAnswer{200, found->second};
  }
  if (request.method == "PATCH") return patch(*collection, target, request);
  auto body = request.body.empty() ? Node::map() : api::parse_json(request.body);
  if (!body) return refuse(400, "BadRequest", body.error().message);
  if (request.method == "DELETE") return remove(*collection, target, *body);
  if (request.method != "POST") return refuse(405, "MethodNotAllowed", request.method);
  if (target.subresource == "eviction") return evict(*collection, target, *body);
  return create(*collection, target, std::move(*body));
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

ApiServer::Selection ApiServer::selection_of(const ApiTarget& target) {
  Selection out;
  out.space = target.key.space;
  const auto asked = [&](std::string_view name) {
    const auto found = target.query.find(name);
    return found == target.query.end() ? std::string() : found->second;
  };
  out.labels = asked("labelSelector");
  const std::string fields = asked("fieldSelector");
  const std::string by_name = "metadata.name=";
  if (fields.starts_with(by_name)) out.name = fields.substr(by_name.size());
  return out;
}

bool ApiServer::Selection::matches(const Object& object) const {
  if (!object) return false;
  const Node& meta = (*object)["metadata"];
  if (!space.empty() && meta["namespace"].as_string() != space) return false;
  if (!name.empty() && meta["name"].as_string() != name) return false;
  if (labels.empty()) return true;
  const std::size_t equals = labels.find('=');
  const Node* value = meta["labels"].find(labels.substr(0, equals));
  if (value == nullptr) return false;
  return equals == std::string::npos || value->as_string() == labels.substr(equals + 1);
}

ApiAnswer ApiServer::list(const Collection& collection, const ApiTarget& target) const {
  const Selection selection = selection_of(target);
  std::string out = fmt::format(
      R"({{"kind":"{}List","apiVersion":"{}","metadata":{{"resourceVersion":"{}"}},"items":[)",
      collection.resource.kind, collection.resource.api_version(), version_);
  bool first = true;
  for (const auto& [key, object] : collection.objects) {
    if (!selection.matches(object)) continue;
    if (!std::exchange(first, false)) out += ',';
    out += *collection.texts.at(key);
  }
  return {200, text(out + "]}")};
}

ApiAnswer ApiServer::create(Collection& collection, const ApiTarget& target, Node object) {
  Node meta = object["metadata"];
  if (collection.resource.namespaced) meta.set("namespace", target.key.space);
  meta.set("uid", next_uid()).set("creationTimestamp", stamp()).set("generation", 1);
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

ApiServer::Edited ApiServer::edited(const ApiTarget& target, const Node& now,
                                    const ApiRequest& request) {
  Edited out;
  const auto body = api::parse_json(request.body);
  if (!body) return {refuse(400, "BadRequest", body.error().message), {}};
  const bool list = request.content_type.starts_with("application/json-patch");
  if (list) {
    auto done = json_patched(now, *body);
    if (!done) return {refuse(422, "Invalid", done.error().message), {}};
    out.object = std::move(*done);
  } else {
    out.object = merged(now, *body);
  }
  for (const char* name : {"uid", "resourceVersion"}) {
    const Node& had = now["metadata"][name];
    if (out.object["metadata"][name] == had) continue;
    return {refuse(409, "Conflict",
                   fmt::format("Operation cannot be fulfilled on {} \"{}\": {} is {}",
                               target.plural, target.key.name, name, had.as_string())),
            {}};
  }
  // A subresource changes its own part and nothing else.
  if (target.subresource == "status") {
    Node* status = out.object.find("status");
    out.object = with_status(now, status == nullptr ? Node() : std::move(*status));
  } else if (target.subresource == "scale") {
    Node whole = now;
    Node spec = now["spec"];
    spec.set("replicas", out.object["spec"]["replicas"]);
    out.object = std::move(whole.set("spec", std::move(spec)));
  } else if (const Node* status = now.find("status")) {
    out.object.set("status", *status);
  } else {
    out.object.erase("status");
  }
  return out;
}

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
  const auto found = collection.objects.find(target.key);
  const bool applies = request.content_type.starts_with("application/apply-patch");
  if (found == collection.objects.end()) {
    if (!applies) return not_found(target);
    auto body = api::parse_json(request.body);
    if (!body) return refuse(400, "BadRequest", body.error().message);
    return create(collection, target, std::move(*body));
  }
  const Object now = found->second;
  Edited edit = edited(target, *now, request);
  if (edit.refused.code != 200) return edit.refused;
  const Text unchanged = collection.texts.at(target.key);
  if (edit.object == *now) return {200, unchanged};
  if (target.query.contains("dryRun")) return {200, text(api::to_json(edit.object))};
  if (!applies) note_manager(edit.object, target);
  const bool is_last = (*now)["metadata"].has("deletionTimestamp") &&
                       edit.object["metadata"]["finalizers"].size() == 0 &&
                       (*now)["metadata"]["finalizers"].size() > 0;
  if (is_last) {
    drop(collection, target.key);
    return {200, text(api::to_json(edit.object))};
  }
  store(collection, std::move(edit.object));
  return {200, collection.texts.at(target.key)};
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
  const std::int64_t grace = std::min(options["gracePeriodSeconds"].as_int(own), own);
  const bool at_once = meta["finalizers"].size() == 0 && (!pod || grace == 0);
  if (at_once) {
    drop(collection, target.key);
    return {200, text(R"({"kind":"Status","status":"Success"})")};
  }
  Node object = *now;
  Node marked = meta;
  if (!marked.has("deletionTimestamp")) marked.set("deletionTimestamp", stamp());
  if (pod) {
    const std::int64_t before = meta["deletionGracePeriodSeconds"].as_int(grace);
    marked.set("deletionGracePeriodSeconds", std::min(before, grace));
  }
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
  if (change.before && other_spec(object, *change.before)) {
    meta.set("generation", (*change.before)["metadata"]["generation"].as_int() + 1);
  }
  object.set("metadata", std::move(meta));
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
  told(collection, std::move(change));
}

namespace {

Text line_of(const char* type, const std::string& json) {
  return text(fmt::format(R"({{"type":"{}","object":{}}})", type, json) + "\n");
}

const char* type_of(bool was, bool is) {
  if (was) return is ? "MODIFIED" : "DELETED";
  return is ? "ADDED" : nullptr;
}

}  // namespace

void ApiServer::told(Collection& collection, Change change) {
  std::map<std::string, Text> lines;  // by type
  // Whoever hears of it may end a watch.
  std::vector<std::pair<WatchId, const char*>> to;
  for (const auto& [id, watch] : watches_) {
    if (watch.of != &collection) continue;
    const char* type =
        type_of(watch.selection.matches(change.before), watch.selection.matches(change.after));
    if (type != nullptr) to.emplace_back(id, type);
  }
  for (const auto& [id, type] : to) {
    Text& line = lines[type];
    if (!line) line = line_of(type, *change.json);
    const auto watch = watches_.find(id);
    if (watch == watches_.end()) continue;
    const auto hear = watch->second.line;  // which may end its own watch
    hear(line);
  }
  collection.history.push_back(change);
  if (on_change) on_change(collection.resource, change.before, change.after);
}

ApiServer::Watching ApiServer::watch(const std::string& target,
                                     std::function<void(const Text& line)> line) {
  const ApiTarget parsed = parse_target(target);
  const Collection* collection = collection_of(parsed);
  Watching out;
  if (collection == nullptr) {
    const ApiAnswer answer = refuse(404, "NotFound", "404 page not found");
    return {answer.code, answer.body, 0, {}};
  }
  const auto asked = [&](std::string_view name) {
    const auto found = parsed.query.find(name);
    return found == parsed.query.end() ? std::string() : found->second;
  };
  const Selection selection = selection_of(parsed);
  const bool initial = asked("sendInitialEvents") == "true";
  const std::string from = asked("resourceVersion");
  const std::uint64_t version = from.empty() ? 0 : std::stoull(from);
  if (!initial && version != 0 && version < compacted_) {
    const ApiAnswer answer =
        refuse(410, "Expired", fmt::format("too old resource version: {}", from));
    return {answer.code, answer.body, 0, {}};
  }
  if (initial || version == 0) {
    for (const auto& [key, object] : collection->objects) {
      if (!selection.matches(object)) continue;
      out.first.push_back(line_of("ADDED", *collection->texts.at(key)));
    }
  } else {
    for (const Change& change : collection->history) {
      if (change.version <= version) continue;
      const char* type = type_of(selection.matches(change.before), selection.matches(change.after));
      if (type != nullptr) out.first.push_back(line_of(type, *change.json));
    }
  }
  if (initial) {
    out.first.push_back(text(
        fmt::format(
            R"({{"type":"BOOKMARK","object":{{"kind":"{}","apiVersion":"{}","metadata":{{"resourceVersion":"{}","annotations":{{"k8s.io/initial-events-end":"true"}}}}}}}})",
            collection->resource.kind, collection->resource.api_version(), version_) +
        "\n"));
  }
  out.id = next_watch_++;
  watches_[out.id] = Watch{collection, selection, std::move(line)};
  return out;
}

void ApiServer::compact() {
  compacted_ = version_;
  for (auto& [path, collection] : collections_) collection.history.clear();
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
    meta.set("uid", next_uid()).set("creationTimestamp", stamp()).set("generation", 1);
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
