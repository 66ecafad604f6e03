#include "probes/servers.h"

#include <limits>

namespace probes {

std::uint16_t ServerTable::id(std::string_view name, std::string_view instance) {
  const std::scoped_lock hold(mutex_);
  if (const auto known = ids_.find(name); known != ids_.end()) {
    // A service stream may have met it first, without knowing which instance it is.
    Server& server = servers_[known->second];
    if (server.instance.empty()) server.instance = instance;
    return known->second;
  }
  if (name.empty() || servers_.size() > std::numeric_limits<std::uint16_t>::max()) {
    return 0;
  }
  const auto id = static_cast<std::uint16_t>(servers_.size());
  servers_.push_back({std::string(name), std::string(instance)});
  ids_.emplace(name, id);
  return id;
}

std::vector<ServerTable::Server> ServerTable::all() const {
  const std::scoped_lock hold(mutex_);
  return servers_;
}

}  // namespace probes
