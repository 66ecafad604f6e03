#include "conformance_play.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "api/sorted.h"

namespace kube {
namespace {

using api::Node;

constexpr std::uint32_t kWatchSeconds = 40;  // of one that nothing ends
constexpr std::size_t kGenerated = 5;        // characters at the end of a generated name
constexpr int kTriesMax = 200;

struct Seen {
  std::string uid, version, first, real_name;
};

/// Of ASCII words "a=b c".
std::map<std::string, std::string> words_of(const std::string& text) {
  std::map<std::string, std::string> out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    const std::size_t equals = word.find('=');
    out[word.substr(0, equals)] = equals == std::string::npos ? "yes" : word.substr(equals + 1);
    at = end + 1;
  }
  return out;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, what.size(), by);
    at += by.size();
  }
  return text;
}

class Player {
 public:
  Player(Stage stage, Scenario scenario)
      : stage_(std::move(stage)), scenario_(std::move(scenario)) {}

  aio::Task<base::Result<std::vector<std::string>>> play() {
    for (const Step& each : scenario_.steps) {
      Step step = each;
      step.body = filled(step.body);
      words_ = words_of(filled(step.with));
      if (step.verb == "compact") {
        CO_TRY(co_await compact());
      } else if (step.verb == "watch") {
        CO_TRY(co_await watch());
      } else {
        CO_TRY(const Reply reply, co_await ask(step));
        tell(step, reply);
      }
    }
    co_return ranked();
  }

 private:
  std::string word(const std::string& name) const {
    const auto found = words_.find(name);
    return found == words_.end() ? "" : found->second;
  }
  Resource kind() const {
    const std::string plural = word("kind");
    for (const Resource& each : conformance_kinds()) {
      if (each.plural == plural) return each;
    }
    return conformance_kinds().front();
  }
  std::string filled(std::string text) const {
    for (const auto& [name, seen] : seen_) {
      text = replaced(std::move(text), "${" + name + ".uid}", seen.uid);
      text = replaced(std::move(text), "${" + name + ".version}", seen.version);
      text = replaced(std::move(text), "${" + name + ".first}", seen.first);
    }
    text = replaced(std::move(text), "${list.version}", list_version_);
    return replaced(std::move(text), "${list.next}", list_next_);
  }
  std::string real_name(const std::string& name) const {
    const auto found = seen_.find(name);
    return found == seen_.end() || found->second.real_name.empty() ? name : found->second.real_name;
  }
  WriteOptions write_options() const {
    return {word("sub"), word("manager"), !word("force").empty(), !word("dry").empty()};
  }

  /// The whole object of a step.
  std::string object_of(const Step& step) const {
    Node out = api::parse_json(step.body.empty() ? "{}" : step.body).value_or(Node());
    if (!out.is_map()) return step.body;  // as it is: something that is no object
    Node meta = out["metadata"];
    if (!meta.is_map()) meta = Node::map();
    if (!meta.has("generateName") && !step.name.empty()) meta.set("name", real_name(step.name));
    out.set("apiVersion", kind().api_version()).set("kind", kind().kind);
    return api::to_json(out.set("metadata", std::move(meta)));
  }

  aio::Task<base::Result<Reply>> ask(Step step) {
    Client& client = *stage_.client;
    const Key key{stage_.space, real_name(step.name)};
    if (step.verb == "create") {
      return client.create(kind(), stage_.space, object_of(step), write_options(), {});
    }
    if (step.verb == "get") return client.get(kind(), key, {}, word("sub"));
    if (step.verb == "list") return client.list(kind(), stage_.space, list_query(), {});
    if (step.verb == "replace") {
      return client.replace(kind(), key, object_of(step), write_options(), {});
    }
    if (step.verb == "delete") return client.remove(kind(), key, delete_options(), {});
    const bool apply = step.verb == "apply";
    const PatchType type = apply                  ? PatchType::Apply
                           : step.verb == "merge" ? PatchType::Merge
                                                  : PatchType::Json;
    return client.patch(kind(), key, type, apply ? object_of(step) : step.body, write_options(),
                        {});
  }
  ListQuery list_query() const {
    ListQuery out;
    out.labels = word("labels");
    out.fields = word("fields");
    out.version = word("version");
    out.match = word("match");
    out.next = word("next");
    out.limit = static_cast<std::uint32_t>(std::atoi(word("limit").c_str()));
    return out;
  }
  DeleteOptions delete_options() const {
    DeleteOptions out;
    out.uid = word("uid");
    out.version = word("version");
    out.propagation = word("propagation");
    if (!word("grace").empty()) out.grace_seconds = std::atoi(word("grace").c_str());
    return out;
  }

  aio::Task<base::Result<>> compact() {
    stage_.compact();
    // A server that was started anew is not there at once.
    for (int i = 0; i < kTriesMax; ++i) {
      const auto reply = co_await stage_.client->list(kind(), stage_.space, {}, {});
      if (reply && reply->ok()) co_return base::Result<>{};
      co_await aio::wait_for(*stage_.clock, base::millis(100), {});
    }
    co_return base::fail(base::Code::Unavailable, "the server does not come back");
  }

  aio::Task<base::Result<>> watch() {
    WatchQuery query;
    query.labels = word("labels");
    query.fields = word("fields");
    query.version = word("version");
    query.initial = !word("initial").empty();
    query.timeout_seconds = kWatchSeconds;
    const std::string until = word("until");
    std::vector<std::string> lines;
    const auto hear = [&](std::string_view line) { return hear_event(line, until, lines); };
    CO_TRY(const Reply reply,
           co_await stage_.client->watch(watch_target(kind(), stage_.space, query), {}, hear, {}));
    out_.push_back(fmt::format("watch {}: {} {}", filled_words(), reply.code,
                               reply.ok() ? "" : reply.refusal.reason));
    // Of the objects that are there already nothing says in which order they come.
    const bool initial = query.initial || query.version.empty() || query.version == "0";
    if (initial) std::sort(lines.begin(), lines.end());
    out_.insert(out_.end(), lines.begin(), lines.end());
    co_return base::Result<>{};
  }
  /// False: it is the last.
  bool hear_event(std::string_view line, const std::string& until,
                  std::vector<std::string>& lines) {
    const Node event = api::parse_json(std::string(line)).value_or(Node());
    const std::string& type = event["type"].as_string();
    const Node& object = event["object"];
    if (type == "BOOKMARK") {
      const bool end = object["metadata"]["annotations"].has("k8s.io/initial-events-end");
      if (end) lines.emplace_back("  that was all there is");
      return !end;  // others come when they like
    }
    if (type == "ERROR") {
      lines.push_back(
          fmt::format("  ERROR {} {}", object["code"].as_int(), object["reason"].as_string()));
      return false;
    }
    lines.push_back("  " + type + " " + told(object));
    return object["metadata"]["name"].as_string() != until;
  }

  std::string filled_words() const {
    std::string out;
    for (const auto& [name, value] : words_) {
      const bool own = name == "version" || name == "uid" || name == "next";
      out += (out.empty() ? "" : " ") + name + "=" + (own ? "…" : value);
    }
    return out;
  }

  void tell(const Step& step, const Reply& reply) {
    const std::string what =
        fmt::format("{} {} {}: {}", step.verb, step.name, filled_words(), reply.code);
    const Node body = api::parse_json(reply.body).value_or(Node());
    if (!reply.ok()) {
      out_.push_back(what + " " + reply.refusal.reason);
    } else if (body.has("items")) {
      out_.push_back(what + " " + told_list(body));
    } else if (body["kind"].as_string() == "Status") {
      out_.push_back(what + " " + body["status"].as_string());
    } else {
      remember(step, body);
      out_.push_back(what + " " + told(body));
    }
  }

  void remember(const Step& step, const Node& object) {
    if (!word("dry").empty()) return;
    Seen& seen = seen_[step.name];
    const Node& meta = object["metadata"];
    seen.uid = meta["uid"].as_string();
    seen.version = meta["resourceVersion"].as_string();
    if (seen.first.empty() || step.verb == "create") seen.first = seen.version;
    seen.real_name = meta["name"].as_string();
  }

  std::string told_list(const Node& list) {
    const Node& meta = list["metadata"];
    list_version_ = meta["resourceVersion"].as_string();
    list_next_ = meta["continue"].as_string();
    std::string out = list["kind"].as_string();
    for (const Node& item : list["items"].items()) out += "\n    " + told(item);
    if (list_version_.empty()) out += "\n    without a version";
    if (!list_next_.empty()) {
      out +=
          fmt::format("\n    and {} more", meta["remainingItemCount"].is_int()
                                               ? std::to_string(meta["remainingItemCount"].as_int())
                                               : "some");
    }
    return out;
  }

  /// What two servers have to agree on.
  std::string told(const Node& object) {
    const Node& meta = object["metadata"];
    Node out = Node::map();
    out.set("name", known_as(meta["name"].as_string()));
    for (const char* name : {"generateName", "generation", "labels", "annotations", "finalizers",
                             "deletionGracePeriodSeconds"}) {
      if (meta.has(name)) out.set(name, sorted(meta[name]));
    }
    if (meta.has("deletionTimestamp")) out.set("deleting", true);
    for (const char* name : {"uid", "creationTimestamp"}) {
      if (meta[name].as_string().empty()) out.set(name, "none");
    }
    out.set("kind", object["apiVersion"].as_string() + " " + object["kind"].as_string());
    out.set("version", "<" + meta["resourceVersion"].as_string() + ">");
    for (const char* part : {"spec", "data", "status"}) {
      // What a controller of a built-in kind would fill in is none of a server's.
      if (kind().group == "apps" && part != std::string("spec")) continue;
      if (!object.has(part)) continue;
      if (kind().group == "apps") {
        out.set("replicas", object["spec"]["replicas"]);
      } else {
        out.set(part, sorted(object[part]));
      }
    }
    return api::to_json(out);
  }

  /// A name that was generated, by what it is called here.
  std::string known_as(const std::string& name) const {
    for (const auto& [known, seen] : seen_) {
      if (seen.real_name == name && known != name) {
        return fmt::format("{}+{} as {}", name.substr(0, name.size() - kGenerated), kGenerated,
                           known);
      }
    }
    return name;
  }

  /// With each version by its rank.
  std::vector<std::string> ranked() const {
    std::map<std::uint64_t, std::string> versions;
    for (const std::string& line : out_)
      each_version(line, [&](const std::string& version) {
        versions[std::strtoull(version.c_str(), nullptr, 10)] = version;
      });
    std::vector<std::string> out = out_;
    std::size_t rank = 0;
    for (const auto& [number, version] : versions) {
      ++rank;
      for (std::string& line : out) {
        line = replaced(std::move(line), "<" + version + ">", "#" + std::to_string(rank));
      }
    }
    return out;
  }
  template <class Each>
  static void each_version(const std::string& line, Each each) {
    for (std::size_t at = line.find("\"<"); at != std::string::npos;
         at = line.find("\"<", at + 1)) {
      each(line.substr(at + 2, line.find('>', at) - at - 2));
    }
  }

  Stage stage_;
  Scenario scenario_;
  std::map<std::string, std::string> words_;
  std::map<std::string, Seen> seen_;
  std::string list_version_, list_next_;
  std::vector<std::string> out_;
};

}  // namespace

const std::vector<Resource>& conformance_kinds() {
  static const std::vector<Resource> kinds = {
      {"conformance.muster.dev", "v1", "Thing", "things", true},
      {"", "v1", "ConfigMap", "configmaps", true},
      {"apps", "v1", "Deployment", "deployments", true},
      {"conformance.muster.dev", "v1", "Unserved", "unserved", true},
  };
  return kinds;
}

aio::Task<base::Result<std::vector<std::string>>> play(Stage stage, Scenario scenario) {
  Player player(std::move(stage), std::move(scenario));
  co_return co_await player.play();
}

}  // namespace kube
