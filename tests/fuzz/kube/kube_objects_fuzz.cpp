// Whatever a server says, a watch event or a list is decoded or refused; what is decoded lies in
// the text, names its object and is an object.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "kube/decode.h"
#include "kube/leader_election.h"
#include "kube/resource.h"

namespace {

void check_object(const kube::ObjectText& object) {
  CHECK(object.json.size() >= 2);
  CHECK(object.json.front() == '{' && object.json.back() == '}');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static kube::Decoder decoder;
  if (const auto event = decoder.watch_event(text)) {
    check_object(event->object);
    if (event->error) {
      static_cast<void>(kube::refusal_of(0, event->object.json));
    } else {
      CHECK(!event->object.version.empty());
    }
  }
  if (const auto page = decoder.list_page(text)) {
    CHECK(!page->version.empty());
    for (const kube::ObjectText& item : page->items) {
      check_object(item);
      CHECK(!item.key.name.empty());
    }
  }
  if (const auto lease = kube::parse_lease(text)) {
    static_cast<void>(kube::lease_json({"ns", "lease"}, *lease));
  }
  return 0;
}
