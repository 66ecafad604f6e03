// An API server in memory, as far as programs can tell: resourceVersions that count, UIDs, conflict
// where a version or UID is another, finalizers and deletionTimestamp, the subresources status,
// scale and eviction, replacements, merge and JSON patches, server-side apply, dry runs, generated
// names, equality-based selectors, lists in pages of one moment, discovery, and watches from a
// version on, with initial events, or 410 where that version is compacted away. A write that
// changes nothing is none. What a real one says to the same is held against it by
// tests/integration/kube/conformance_test.cpp.
//
// What is not there: schemas, admission and rights (everything is allowed, if its name is one), and
// managers of fields that were not applied (of one that is named with another patch the time is
// kept).
// Source: Kubernetes API concepts; RFC 7386, RFC 6902. Knows no time and no network: those who call
// it have them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/node.h"
#include "base/time.h"
#include "kube/key.h"
#include "kube/resource.h"
#include "sim/api_apply.h"
#include "sim/api_selector.h"

namespace sim {

using Text = std::shared_ptr<const std::string>;

struct ApiRequest {
  std::string method, target, content_type, body;
  std::uint32_t number = 0;  // for who counts them
};
struct ApiAnswer {
  unsigned code = 200;
  Text body{};
};

/// The parts of a target.
struct ApiTarget {
  std::string group, version, plural;  // empty plural: discovery
  kube::Key key{};                     // empty name: the collection
  std::string subresource{};
  std::map<std::string, std::string, std::less<>> query{};
};
ApiTarget parse_target(std::string_view target);

class ApiServer {
 public:
  using Object = std::shared_ptr<const api::Node>;
  explicit ApiServer(std::function<base::WallTime()> now) : now_(std::move(now)) {}
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

  /// A kind that is served.
  void serve(const kube::Resource& resource);

  ApiAnswer handle(const ApiRequest& request);

  using WatchId = std::uint64_t;
  struct Watching {
    unsigned code = 200;  // else: `refusal`
    Text refusal{};
    WatchId id = 0;
    std::vector<Text> first{};  // events that there are already, one a line
    bool over = false;          // they are all: the server ends it
  };
  /// `line`: called for each event to come, until unwatch().
  Watching watch(const std::string& target, std::function<void(const Text& line)> line);
  void unwatch(WatchId id) { watches_.erase(id); }
  /// Whoever watches from before now is told 410.
  void compact();

  // --- for what lives in the cluster ---

  /// Null: it is not there.
  Object find(const kube::Resource& resource, const kube::Key& key) const;
  /// In order of their names.
  std::vector<Object> all(const kube::Resource& resource) const;
  /// Changes it, or makes it where it is not there; with no precondition at all.
  Object put(const kube::Resource& resource, api::Node object);
  /// It is gone at once, whatever finalizers it has.
  void erase(const kube::Resource& resource, const kube::Key& key);
  /// Called after each change. Null: it was, or is, not there.
  std::function<void(const kube::Resource&, const Object& before, const Object& after)> on_change;
  /// Changes that landed so far, of any kind.
  std::uint64_t version() const { return version_; }

 private:
  struct Change {
    std::uint64_t version = 0;
    Object before, after;
    Text json;  // of `after`, else of `before`, in this version
  };
  struct Collection {
    kube::Resource resource;
    std::map<kube::Key, Object> objects;
    std::map<kube::Key, Text> texts;
    std::map<kube::Key, ApiAppliers> appliers;
    std::vector<Change> history;
  };
  struct Selection {
    std::string space;
    ApiSelector selector;
    bool matches(const Object& object) const;
  };
  struct Watch {
    const Collection* of = nullptr;
    Selection selection;
    std::function<void(const Text&)> line;
  };
  struct Edited {
    ApiAnswer refused{};  // code 200: it was not
    api::Node object{};
  };

  Collection* collection_of(const ApiTarget& target);
  const Collection& known(const kube::Resource& resource) const;
  /// Nothing: it is none that anybody understands.
  static std::optional<Selection> selection_of(const ApiTarget& target);
  ApiAnswer discover(const ApiTarget& target) const;
  ApiAnswer list(const Collection& collection, const ApiTarget& target) const;
  std::map<kube::Key, Object> objects_at(const Collection& collection, std::uint64_t version) const;
  ApiAnswer get(const Collection& collection, const ApiTarget& target) const;
  ApiAnswer create(Collection& collection, const ApiTarget& target, api::Node object);
  ApiAnswer evict(Collection& collection, const ApiTarget& target, const api::Node& eviction);
  ApiAnswer patch(Collection& collection, const ApiTarget& target, const ApiRequest& request);
  ApiAnswer apply(Collection& collection, const ApiTarget& target, api::Node wanted);
  ApiAnswer replace(Collection& collection, const ApiTarget& target, api::Node object);
  /// Of one that is there: what it is to be, by whoever edits it.
  ApiAnswer change(Collection& collection, const ApiTarget& target, Edited edit, bool replaces,
                   bool applies);
  static Edited edited(const api::Node& now, const ApiRequest& request);
  ApiAnswer remove(Collection& collection, const ApiTarget& target, const api::Node& options);
  Object store(Collection& collection, api::Node object);
  void drop(Collection& collection, const kube::Key& key);
  void told(Collection& collection, Change change);
  static Text line_for(const Selection& selection, const Change& change);
  std::string next_uid();
  std::string stamp() const;
  void note_manager(api::Node& object, const ApiTarget& target) const;

  std::function<base::WallTime()> now_;
  std::map<std::string, Collection> collections_;  // by "GROUP/PLURAL"
  std::map<WatchId, Watch> watches_;
  WatchId next_watch_ = 1;
  std::uint64_t version_ = 100, compacted_ = 0, uids_ = 0, names_ = 0;
};

}  // namespace sim
