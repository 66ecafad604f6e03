// What a local system must remember between commands and across crashes: its ports, the values of
// its parameters, and the boot in which it was started, because pid files of an earlier boot name
// other people's processes. Kept as state.json in its directory.
//
// Ports are chosen below the range from which the kernel takes ports for outgoing connections. One
// out of that range could be taken by a probe's own connection while the server is down, and a
// connection to it could even end up connected to itself, which would look like a service that
// answers.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"

namespace targets {

struct LocalState {
  std::string system;
  std::string boot;  // /proc/sys/kernel/random/boot_id
  std::map<std::string, std::uint16_t> ports;
  std::map<std::string, std::string> parameters;
  bool started = false;
  bool operator==(const LocalState&) const = default;
};

/// Errors: NotFound where there is none, DataLoss naming the file.
base::Result<LocalState> load_state(const std::string& dir);
base::Result<> save_state(const std::string& dir, const LocalState& state);
std::string to_json(const LocalState& state);
base::Result<LocalState> parse_state(std::string_view text);

std::string boot_id();
/// The lowest port of outgoing connections, from "32768\t60999\n"; 32768 where that is unreadable.
std::uint16_t first_ephemeral(std::string_view text);
/// Free loopback ports, one for each name.
/// Errors: ResourceExhausted.
base::Result<std::map<std::string, std::uint16_t>> choose_ports(
    const std::vector<std::string>& names, base::Random& random);
/// Whether somebody listens on the loopback port or it cannot be bound.
bool port_taken(std::uint16_t port);

}  // namespace targets
