// Keeping a copy of a collection of objects that is never wrong, only late: what to list, what to
// watch, from which version on, and what to do with every answer. A value, like the rest of this
// folder: the driver sends the requests, decodes the objects and keeps them.
//
// Law, held whatever the network and the server do, and fuzzed: after every call the copy is what
// the server had at version(), whole; and when the server answers again the copy catches up.
//
// The first copy comes as a stream (WatchList): its objects are staged until the bookmark that says
// that they are all there, and take the place of the copy at once. A server that refuses streams is
// asked for pages. From then on one watch after the other continues at the last version; a watch
// that ends, is refused, or is told to come later (429, 500, 503) continues without listing anew.
// Only a version that the server does not have any more (410) means listing anew, so that a bad
// minute of the API server is not followed by every client reading everything.
// A connection that says nothing is not trusted: bookmarks come about once a minute, so silence of
// two minutes is a broken connection, which its sockets may never tell.
// Source: Kubernetes API concepts, "Efficient detection of changes"; KEP-3157 (watch-list); the
// behaviour of client-go's tools/cache Reflector.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/backoff.h"
#include "base/random.h"
#include "base/time.h"

namespace kube {

namespace reflect_event {
/// A page came, and its objects were staged. `next`: the token of the page after it; empty: the
/// last one.
struct Page {
  std::string version;
  std::string next;
};
/// A request was refused, a connection could not be made, or the watch sent an object ERROR.
struct Failed {
  int code = 0;          // HTTP status, or that of the ERROR object; 0: there was no answer
  std::string reason{};  // of the Status: "Expired", "Invalid" …
  bool version_too_large = false;  // a cause of the Status is ResourceVersionTooLarge
  bool too_much = false;           // the answer was too large, or took too long
  base::Duration retry_after{};    // Retry-After; zero: none
  std::string message{};
};
/// The connection of the watch ended, in order or not.
struct Ended {};
struct Woke {};
}  // namespace reflect_event
using ReflectEvent = std::variant<reflect_event::Page, reflect_event::Failed, reflect_event::Ended,
                                  reflect_event::Woke>;

namespace reflect_action {
/// GET of a page -> Page or Failed. `version`: not older than this, with
/// resourceVersionMatch=NotOlderThan; empty: the newest.
struct List {
  std::string version;
  std::string next;  // not empty: the page after another, and no version is sent
  std::uint32_t limit = 500;
};
/// Watch, with bookmarks -> got() …, then Failed or Ended. `initial`: with sendInitialEvents and
/// resourceVersionMatch=NotOlderThan.
struct Watch {
  std::string version;
  bool initial = false;
  std::uint32_t timeout_seconds = 0;
};
/// Close the request that is under way; no event of it comes any more, not even Ended.
struct Close {};
/// What is staged takes the place of the copy.
struct Commit {};
/// Drop what is staged.
struct Discard {};
/// -> Woke, then; takes the place of the one before.
struct WakeAt {
  base::TimePoint at{};
};
}  // namespace reflect_action
using ReflectAction =
    std::variant<reflect_action::List, reflect_action::Watch, reflect_action::Close,
                 reflect_action::Commit, reflect_action::Discard, reflect_action::WakeAt>;

/// What a watch says of an object.
enum class Change : std::uint8_t { Added, Modified, Deleted, Bookmark };
/// What to do with it. Commit: with what is staged, as the action says; this object is a bookmark.
enum class Fate : std::uint8_t { Nothing, Stage, Unstage, Put, Remove, Commit };

class Reflector {
 public:
  struct Config {
    base::BackoffPolicy backoff{base::millis(800), base::seconds(30), 2.0, 0.5};
    base::Duration well = base::seconds(120);     // a watch that lasted so long resets the back-off
    base::Duration silence = base::seconds(120);  // that nobody believes
    bool streams = true;                          // begin with WatchList
  };

  Reflector(Config config, std::uint64_t seed);

  /// Begins with the first Woke. At most one request is under way at any time.
  std::vector<ReflectAction> step(const ReflectEvent& event, base::TimePoint now);

  /// An object came over the watch. `initial_end`: a bookmark with the annotation
  /// k8s.io/initial-events-end.
  Fate got(Change change, const std::string& version, bool initial_end, base::TimePoint now);

  /// There was a whole copy.
  bool synced() const { return synced_; }
  /// Which version of the collection the copy is; empty before there is one.
  const std::string& version() const { return version_; }
  /// The last failure since something went well; empty: none.
  const std::string& problem() const { return problem_; }
  std::uint64_t lists() const { return lists_; }  // how often the whole was asked for

 private:
  // Idle -> {Streaming, Paging}; Streaming -> {Watching, Idle}; Paging -> {Watching, Idle};
  // Watching -> {Watching, Idle}
  enum class Doing { Idle, Streaming, Paging, Watching };

  void on(const reflect_event::Page& event);
  void on(const reflect_event::Failed& event);
  void on(const reflect_event::Ended& event);
  void on(const reflect_event::Woke& event);
  void go_on();
  void list(const std::string& next);
  void watch(bool initial);
  void began(Doing doing);
  void committed(const std::string& version);
  void give_up(std::string problem);
  void pause(base::Duration at_least);
  std::string from() const;

  Config config_;
  base::Random random_;
  base::Backoff backoff_;
  base::TimePoint now_{};
  std::vector<ReflectAction> actions_;

  Doing doing_ = Doing::Idle;
  bool streams_;
  bool relist_ = true;   // the next request asks for everything
  bool newest_ = false;  // and not for `version_`, which the server does not have
  bool synced_ = false;
  std::string version_;
  base::TimePoint not_before_{};
  base::TimePoint began_{};  // the request that is under way
  base::TimePoint heard_{};  // the last that was heard of it
  bool any_heard_ = false;   // of it
  std::string problem_;
  std::uint64_t lists_ = 0;
};

}  // namespace kube
