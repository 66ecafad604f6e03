// What is read of an API server in memory: lists, in pages of one moment, and watches.
#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "sim/api_server.h"

namespace sim {
namespace {

using api::Node;

Text text(std::string value) {
  return std::make_shared<const std::string>(std::move(value));
}

std::string status(unsigned code, const char* reason, const std::string& message) {
  return api::to_json(Node::map()
                          .set("kind", "Status")
                          .set("apiVersion", "v1")
                          .set("status", "Failure")
                          .set("message", message)
                          .set("reason", reason)
                          .set("code", static_cast<std::int64_t>(code)));
}

ApiAnswer refuse(unsigned code, const char* reason, const std::string& message) {
  return {code, text(status(code, reason, message))};
}

std::string asked(const ApiTarget& target, std::string_view name) {
  const auto found = target.query.find(name);
  return found == target.query.end() ? std::string() : found->second;
}

/// Zero: any. Nothing: it is no version.
std::optional<std::uint64_t> version_in(std::string_view written) {
  std::uint64_t out = 0;
  const char* end = written.data() + written.size();
  if (written.empty()) return out;
  const auto [rest, error] = std::from_chars(written.data(), end, out);
  return error == std::errc() && rest == end ? std::optional(out) : std::nullopt;
}

/// Where a list goes on: "VERSION/NAMESPACE/NAME" of the last one of the page before.
struct Place {
  std::uint64_t version = 0;
  kube::Key after;
};
std::optional<Place> place_in(const std::string& token) {
  const std::size_t first = token.find('/');
  const std::size_t second = token.find('/', first + 1);
  if (first == std::string::npos || second == std::string::npos) return std::nullopt;
  const auto version = version_in(std::string_view(token).substr(0, first));
  if (!version) return std::nullopt;
  return Place{*version, {token.substr(first + 1, second - first - 1), token.substr(second + 1)}};
}

const char* type_of(bool was, bool is) {
  if (was) return is ? "MODIFIED" : "DELETED";
  return is ? "ADDED" : nullptr;
}

Text line_of(const char* type, const std::string& json) {
  return text(fmt::format(R"({{"type":"{}","object":{}}})", type, json) + "\n");
}

}  // namespace

std::optional<ApiServer::Selection> ApiServer::selection_of(const ApiTarget& target) {
  auto selector =
      ApiSelector::parse(asked(target, "labelSelector"), asked(target, "fieldSelector"));
  if (!selector) return std::nullopt;
  return Selection{target.key.space, std::move(*selector)};
}

bool ApiServer::Selection::matches(const Object& object) const {
  if (!object) return false;
  if (!space.empty() && (*object)["metadata"]["namespace"].as_string() != space) return false;
  return selector.matches(*object);
}

// --- lists ---

std::map<kube::Key, ApiServer::Object> ApiServer::objects_at(const Collection& collection,
                                                             std::uint64_t version) const {
  auto out = collection.objects;
  for (auto change = collection.history.rbegin(); change != collection.history.rend(); ++change) {
    if (change->version <= version) break;
    const Node& meta = (*(change->after ? change->after : change->before))["metadata"];
    const kube::Key key{meta["namespace"].as_string(), meta["name"].as_string()};
    if (change->before) {
      out[key] = change->before;
    } else {
      out.erase(key);
    }
  }
  return out;
}

ApiAnswer ApiServer::list(const Collection& collection, const ApiTarget& target) const {
  const auto selection = selection_of(target);
  if (!selection) return refuse(400, "BadRequest", "unable to parse requirement");
  if (!version_in(asked(target, "resourceVersion"))) {
    return refuse(400, "BadRequest", "resourceVersion: invalid");
  }
  const std::string token = asked(target, "continue");
  const auto from = token.empty() ? Place{version_, {}} : place_in(token);
  if (!from) return refuse(400, "BadRequest", "continue key is not valid");
  if (from->version < compacted_) {
    return refuse(410, "Expired", "the provided continue parameter is too old");
  }
  const bool now = from->version == version_;
  const auto then = now ? std::map<kube::Key, Object>() : objects_at(collection, from->version);
  const auto& objects = now ? collection.objects : then;
  const std::uint64_t limit = version_in(asked(target, "limit")).value_or(0);
  std::string items, next;
  std::uint64_t taken = 0;
  std::int64_t more = 0;
  kube::Key last;
  auto each = token.empty() ? objects.begin() : objects.upper_bound(from->after);
  for (; each != objects.end(); ++each) {
    const auto& [key, object] = *each;
    if (!selection->space.empty() && key.space != selection->space) continue;
    if (limit != 0 && taken == limit) {
      // Of what is behind a page a server knows how much it is, not whether it will be chosen.
      ++more;
      continue;
    }
    if (!selection->matches(object)) continue;
    if (taken++ > 0) items += ',';
    items += now ? *collection.texts.at(key) : api::to_json(*object);
    last = key;
  }
  Node meta = Node::map().set("resourceVersion", std::to_string(from->version));
  if (more > 0) {
    meta.set("continue", fmt::format("{}/{}/{}", from->version, last.space, last.name));
    if (!selection->selector.chooses()) meta.set("remainingItemCount", more);
  }
  return {200,
          text(fmt::format(R"({{"kind":"{}List","apiVersion":"{}","metadata":{},"items":[{}]}})",
                           collection.resource.kind, collection.resource.api_version(),
                           api::to_json(meta), items))};
}

// --- watches ---

/// Null: it is nothing to whoever asks for these.
Text ApiServer::line_for(const Selection& selection, const Change& change) {
  const char* type = type_of(selection.matches(change.before), selection.matches(change.after));
  if (type == nullptr) return nullptr;
  const bool left = change.after && type == std::string_view("DELETED");
  if (!left) return line_of(type, *change.json);
  // Who left the selection is told as it was when it was still in it.
  Node last = *change.before;
  Node meta = last["metadata"];
  meta.set("resourceVersion", std::to_string(change.version));
  last.set("metadata", std::move(meta));
  return line_of(type, api::to_json(last));
}

void ApiServer::told(Collection& collection, Change change) {
  // Whoever hears of it may end a watch.
  std::vector<std::pair<WatchId, Text>> lines;
  for (const auto& [id, watch] : watches_) {
    if (watch.of != &collection) continue;
    if (Text line = line_for(watch.selection, change)) lines.emplace_back(id, std::move(line));
  }
  for (const auto& [id, line] : lines) {
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
  const auto refused = [](const ApiAnswer& answer) {
    return Watching{answer.code, answer.body, 0, {}, true};
  };
  const Collection* collection = collection_of(parsed);
  if (collection == nullptr) return refused(refuse(404, "NotFound", "404 page not found"));
  auto selection = selection_of(parsed);
  const auto version = version_in(asked(parsed, "resourceVersion"));
  if (!selection) return refused(refuse(400, "BadRequest", "unable to parse requirement"));
  if (!version) return refused(refuse(500, "InternalError", "resourceVersion: invalid"));
  const bool initial = asked(parsed, "sendInitialEvents") == "true";
  Watching out;
  if (!initial && *version != 0 && *version < compacted_) {
    // It has begun when that is found out.
    out.first.push_back(line_of(
        "ERROR", status(410, "Expired", fmt::format("too old resource version: {}", *version))));
    out.over = true;
    return out;
  }
  if (initial || *version == 0) {
    for (const auto& [key, object] : collection->objects) {
      if (!selection->matches(object)) continue;
      out.first.push_back(line_of("ADDED", *collection->texts.at(key)));
    }
  } else {
    for (const Change& change : collection->history) {
      if (change.version <= *version) continue;
      if (Text one = line_for(*selection, change)) out.first.push_back(std::move(one));
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
  watches_[out.id] = Watch{collection, std::move(*selection), std::move(line)};
  return out;
}

void ApiServer::compact() {
  compacted_ = version_;
  for (auto& [path, collection] : collections_) collection.history.clear();
}

}  // namespace sim
