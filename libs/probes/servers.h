// The names of servers that answered, as small numbers: a record has room for an index, not for
// "a@2026-11-21T04:42:24Z". Index 0 is "unknown". The table becomes Evidence::servers and
// Evidence::server_instances.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace probes {

class ServerTable {
 public:
  struct Server {
    std::string name;      // identity, changes with every start of the server
    std::string instance;  // the plan's instance name; empty: not known
  };

  /// The server's number, the same for the same name; 0 when 65,535 names are taken.
  /// Thread: any. Hot paths keep the number per connection.
  std::uint16_t id(std::string_view name, std::string_view instance);
  /// All of them, [0] = unknown. Thread: any.
  std::vector<Server> all() const;

 private:
  mutable std::mutex mutex_;
  std::vector<Server> servers_{Server{}};
  std::map<std::string, std::uint16_t, std::less<>> ids_;
};

}  // namespace probes
