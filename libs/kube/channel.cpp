#include "kube/channel.h"

#include <charconv>

#include <fmt/format.h>

#include "api/node.h"
#include "kube/resource.h"

namespace kube {
namespace {

constexpr std::size_t kStatusMax = std::size_t{1} << 20U;

tl::unexpected<base::Error> unknown(std::string why) {
  return base::fail(base::Code::Unavailable, std::move(why));
}

std::optional<int> number(const std::string& text) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end) return {};
  return value;
}

}  // namespace

std::string channel_message(std::uint8_t channel, std::string_view bytes) {
  std::string out(1, static_cast<char>(channel));
  out += bytes;
  return out;
}

std::optional<ChannelPart> channel_part(std::string_view message) {
  if (message.empty()) return {};
  return ChannelPart{static_cast<std::uint8_t>(message.front()), message.substr(1)};
}

base::Result<int> exit_code_of(std::string_view status) {
  const auto tree = api::parse_json(status);
  if (!tree) return unknown("how the command ended was not said in JSON: " + tree.error().message);
  const std::string& said = (*tree)["status"].as_string();
  if (said == "Success") return 0;
  if (said != "Failure") return unknown("how the command ended was said in no Status");
  if ((*tree)["reason"].as_string() == "NonZeroExitCode") {
    for (const api::Node& cause : (*tree)["details"]["causes"].items()) {
      if (cause["reason"].as_string() != "ExitCode") continue;
      if (const auto code = number(cause["message"].as_string())) return *code;
    }
    return unknown("the command failed, with an exit code that was not said");
  }
  base::Error error = error_of(refusal_of(0, status), "the command did not run to its end");
  error.retry = base::Retry::Terminal;
  return tl::unexpected(std::move(error));
}

void ExecTranscript::keep(std::string& into, std::string_view bytes) {
  const std::size_t room = output_bytes_max_ - into.size();
  truncated = truncated || bytes.size() > room;
  into += bytes.substr(0, room);
}

base::Result<> ExecTranscript::take(std::string_view message) {
  const auto part = channel_part(message);
  if (!part) return {};
  switch (part->channel) {
    case kStdout: keep(out, part->bytes); return {};
    case kStderr: keep(err, part->bytes); return {};
    case kClose: return {};
    case kStatus: break;
    default: return unknown(fmt::format("a message on channel {}", part->channel));
  }
  status_ += part->bytes;
  if (status_.size() > kStatusMax) return unknown("a Status that does not end");
  told_ = told_ || api::parse_json(status_).has_value();
  return {};
}

base::Result<int> ExecTranscript::end() const {
  if (status_.empty()) {
    return unknown("the connection ended before it was said how the command did");
  }
  return exit_code_of(status_);
}

}  // namespace kube
