// The streams of a `redis` probe. An operation writes a key of its stream's own that expires: a
// write, because only a write tells a master from a replica. `+OK` is all the acknowledgement there
// is: Redis replicates afterwards, so an acknowledged write may be lost, and no RPO is made of
// these.
// Every new connection logs in where a password is given and asks who is there (INFO), before
// anything of the operation is sent: the server's name changes with each of its starts.
#pragma once

#include <memory>
#include <string>

#include "probes/link.h"
#include "probes/operation.h"
#include "probes/prober.h"
#include "probes/servers.h"

namespace probes {

struct RedisExchange {
  std::string key;
  std::string user, password;  // password empty: no login; user empty: the default user
};

/// Lifetime: `servers` outlives the operation.
std::unique_ptr<Operation> make_redis_operation(LinkTarget target, RedisExchange exchange,
                                                Connections connections, ServerTable& servers);

}  // namespace probes
