// What an exec says over a WebSocket: the first byte of each message is the number of a channel,
// the rest belongs to it: 0 is the command's input, 1 and 2 are its outputs, 3 one Status object
// that tells how it ended. Pure.
//
// Source: the API server's and the kubelet's behaviour, KEP-4006; the type meta/v1.Status.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kube {

inline constexpr const char* kChannelsV5 = "v5.channel.k8s.io";
inline constexpr const char* kChannelsV4 = "v4.channel.k8s.io";

inline constexpr std::uint8_t kStdin = 0, kStdout = 1, kStderr = 2, kStatus = 3;
inline constexpr std::uint8_t kClose = 255;  // of v5: a channel has ended; nothing is done about it

std::string channel_message(std::uint8_t channel, std::string_view bytes);

struct ChannelPart {
  std::uint8_t channel = 0;
  std::string_view bytes;  // of the message
};
/// Nothing: a message without a channel.
std::optional<ChannelPart> channel_part(std::string_view message);

/// What the Status of an exec says: the exit code.
/// Errors, of a command that was not run or whose end is not known: as error_of(), without another
/// try; Unavailable where it is no Status, or says "Failure" without saying why.
base::Result<int> exit_code_of(std::string_view status);

/// Collects what an exec says. Of each output the first `output_bytes_max` bytes are kept.
class ExecTranscript {
 public:
  explicit ExecTranscript(std::size_t output_bytes_max) : output_bytes_max_(output_bytes_max) {}

  /// Errors: Unavailable: a channel that an exec does not have, or a Status that is too long.
  base::Result<> take(std::string_view message);
  /// The whole Status is there; output may still follow.
  bool told() const { return told_; }
  /// The exit code. Errors: as exit_code_of(); Unavailable before it was told.
  base::Result<int> end() const;

  std::string out, err;
  bool truncated = false;

 private:
  void keep(std::string& into, std::string_view bytes);

  std::size_t output_bytes_max_;
  std::string status_;
  bool told_ = false;
};

}  // namespace kube
