// WebSockets that carry channels (channel.h), as exec and port-forward speak over them.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "aio/task.h"
#include "base/result.h"
#include "kube/client.h"

namespace kube {

/// A WebSocket of one of these protocols, the best first.
/// Errors: as the server refused it, without another try where a proxy may have answered in its
/// place; Unavailable where it speaks none of them; as Client::upgrade().
aio::Task<base::Result<std::shared_ptr<net::WebSocket>>> open_channels(
    Client& client, std::string target, std::vector<std::string> protocols, std::stop_token stop);

/// All of it, in messages that every server takes. `bytes` has to stay until it has been sent.
/// Errors and cancellation: as WebSocket::send().
aio::Task<base::Result<>> send_on_channel(net::WebSocket& socket, std::uint8_t channel,
                                          std::string_view bytes, std::stop_token stop);

}  // namespace kube
