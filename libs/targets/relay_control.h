// The words between a relay and whoever orders it: one JSON object a line, over a Unix socket. The
// reader takes text from any local process and is total: what it does not know is refused by name.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "targets/relay.h"

namespace targets {

inline constexpr std::size_t kRelayLineBytesMax = 4096;
inline constexpr std::int64_t kRelayDelayMillisMax = 60'000;

/// {"get":{}} has no setting.
struct RelayOrder {
  std::optional<RelaySetting> set;
  bool operator==(const RelayOrder&) const = default;
};

/// Errors: InvalidArgument naming the field and what is allowed.
base::Result<RelayOrder> parse_relay_order(std::string_view line);
std::string to_line(const RelayOrder& order);
std::string to_line(const RelayStatus& status);
std::string to_line(const base::Error& error);
/// Errors: what an error line says; DataLoss where the line is neither.
base::Result<RelayStatus> parse_relay_status(std::string_view line);

/// Sends one order and awaits its answer.
/// Errors: Unavailable where no relay listens, DeadlineExceeded after 6 s, the relay's own.
aio::Task<base::Result<RelayStatus>> ask_relay(aio::Clock& clock, std::string control,
                                               RelayOrder order, std::stop_token stop);

}  // namespace targets
