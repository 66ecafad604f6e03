// What the machine grants this process, and where names are.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>

#include "api/node.h"
#include "base/result.h"
#include "sidecar/places.h"
#include "sidecar/settings.h"

namespace sidecar {

/// What the kernel says of the machine, as fields of JSON: hostname, system ("Linux 6.1.0 x86_64"),
/// memoryBytes.
api::Node machine_node();

/// The CPU quota of this process's cgroup in whole cores, at least 1 and at most what the machine
/// has; without a quota 1. `root`: of the cgroup file system.
unsigned quota_cores(const std::string& root);

/// Raises the soft limit of descriptors to the hard one, and returns it.
std::size_t raise_descriptor_limit();

/// Where a number or `localhost` is (127.0.0.1 and ::1); nothing: a name, which is to be asked for.
std::optional<Places> known_places(const HostPort& address);

/// Of an application: a number, `localhost` (127.0.0.1 and ::1), or all addresses of a name, which
/// is asked for once, when the program starts: what a sidecar stands before is beside it.
/// It blocks until a name server has answered. Errors: NotFound, naming the host.
base::Result<Places> upstream_places(const HostPort& address);

/// To listen on; no host: every address, of both families where the machine has both
/// (net/listening.h). `what`: the flag that says so. Errors: InvalidArgument: the host is no
/// address.
base::Result<boost::asio::ip::tcp::endpoint> listen_endpoint(const HostPort& address,
                                                             std::string_view what = "--listen");

}  // namespace sidecar
