// What a watch and a list say, cut out of their JSON texts without building a tree: which object in
// which version, and where in the text it stands, so that whoever knows the kind decodes what it
// needs of it and skips the rest (managedFields are most of an object).
// simdjson stays inside the .cpp.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kube/key.h"
#include "kube/reflector.h"

namespace kube {

/// Of the text of an object only its beginning and end were looked at, and its metadata: whoever
/// decodes it finds out whether the rest is JSON. SIMDJSON_PADDING bytes behind it can be read.
/// Lifetime: `json` is good until the next call of the Decoder that made it.
struct ObjectText {
  Key key;
  std::string version;
  std::string_view json;
};

struct WatchEvent {
  Change change = Change::Bookmark;
  bool error = false;        // the object is a Status, `change` says nothing
  bool initial_end = false;  // a bookmark: the initial events are all there
  ObjectText object;
};

struct ListPage {
  std::string version, next;
  std::vector<ObjectText> items;
};

/// Thread: one at a time.
class Decoder {
 public:
  Decoder();
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  /// Errors: InvalidArgument: not JSON, no event, an object without a name or a version.
  base::Result<WatchEvent> watch_event(std::string_view line);
  base::Result<ListPage> list_page(std::string_view body);

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace kube
