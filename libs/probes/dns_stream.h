// The stream of a `dns` probe: what a name server answers about one name, asked anew each time. No
// cache, because it watches the name server and not a client: it shows when a name was moved, the
// other probes of a plan show when clients followed.
// A question changes nothing, so a failure would never be unknown; still only what the server said
// itself, or its machine about the port, is a Fail. Of several addresses the lowest is the value,
// so that their order does not matter.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/ip/udp.hpp>

#include "probes/operation.h"
#include "probes/servers.h"

namespace probes {

/// Lifetime: `servers` outlives the operation.
/// Errors: InvalidArgument for what is no name.
base::Result<std::unique_ptr<Operation>> make_dns_operation(
    const boost::asio::ip::udp::endpoint& server, std::string name, ServerTable& servers);

}  // namespace probes
