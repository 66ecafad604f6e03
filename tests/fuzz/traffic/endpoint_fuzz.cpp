// Rules and paths from anybody: the first line is a rule, every further one a status digit and a
// path. There are never more endpoints than the bound, a known path is always found as what it was
// learned as, and names are labels that need no escaping.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/check.h"
#include "traffic/endpoint.h"
#include "traffic/label.h"

namespace {

std::string_view line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return taken;
}

void check_name(std::string_view name) {
  CHECK(name.size() <= 400);
  std::string escaped;
  traffic::append_label(escaped, name);
  CHECK(escaped == name);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  traffic::EndpointSpec spec;
  spec.most = 8;
  const std::string_view rule = line(text);
  if (traffic::EndpointRule::parse(rule)) spec.rules.emplace_back(rule);
  const auto made = traffic::Endpoints::create(spec);
  CHECK(made.has_value());
  traffic::Endpoints& endpoints = **made;
  std::map<std::string_view, traffic::EndpointId> learned;
  while (!text.empty()) {
    std::string_view path = line(text);
    if (path.empty()) continue;
    const int status = (path.front() - '0') * 100;
    path.remove_prefix(1);
    const traffic::EndpointId id = endpoints.learn(path, status);
    CHECK(id < endpoints.size());
    CHECK(endpoints.size() <= endpoints.most());
    CHECK(endpoints.find(path) == id);
    check_name(endpoints.name(id));
    if (id != traffic::kOtherEndpoint) learned[path] = id;
  }
  for (const auto& [path, id] : learned) CHECK(endpoints.find(path) == id);
  return 0;
}
