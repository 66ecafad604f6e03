// X-Forwarded-For from anybody. The first line of the input is the peer, each further one a field.
// The client is the peer, or a hop that was written; while no proxy is trusted it is the peer; and
// what stands left of the first untrusted hop changes nothing.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "limit/client.h"

namespace {

const limit::PrefixSet& trusted() {
  static const std::string texts[] = {"10.0.0.0/8", "2001:db8:aaaa::/48"};
  static const limit::PrefixSet set = limit::parse_prefixes(texts).value();
  return set;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const std::size_t end = rest.find('\n');
  const auto written = limit::parse_address(rest.substr(0, end));
  const limit::Address peer = written.value_or(limit::Address::v4(0x0A00'0001U));
  std::vector<std::string_view> fields;
  while (end != std::string_view::npos && rest.find('\n') != std::string_view::npos) {
    rest.remove_prefix(rest.find('\n') + 1);
    fields.push_back(rest.substr(0, rest.find('\n')));
  }
  CHECK(limit::client_of(peer, fields, limit::PrefixSet()) == peer);
  const limit::Address client = limit::client_of(peer, fields, trusted());
  if (!trusted().contains(peer)) CHECK(client == peer);
  const auto again = limit::parse_address(limit::text(client));
  CHECK(again && *again == client);
  // A client that is no proxy cannot be made another by what it wrote itself: to the left.
  if (!trusted().contains(client)) {
    std::vector<std::string_view> more = {"198.51.100.77, \"10.1.1.1", "[::1"};
    more.insert(more.end(), fields.begin(), fields.end());
    CHECK(limit::client_of(peer, more, trusted()) == client);
  }
  return 0;
}
