#include "cluster/kept_members.h"

#include <fmt/format.h>

namespace cluster {

base::Result<> all_kept(std::string_view reply, const std::vector<Member>& members) {
  const auto object = api::parse_json(reply);
  const api::Node* status = object ? object->find("status") : nullptr;
  for (const auto& [name, value] : members) {
    if (status == nullptr || value.is_null() || status->find(name) != nullptr) continue;
    return base::fail(base::Code::Internal,
                      fmt::format("the API server does not keep status.{} of a Drill: its "
                                  "CustomResourceDefinition is older than this program",
                                  name));
  }
  return {};
}

}  // namespace cluster
