// Whatever comes over the channels of an exec, in whatever pieces, the transcript stays within its
// bounds, and an end is told or it is not, but never both ways.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "kube/channel.h"
#include "kube/lines.h"

namespace {

constexpr std::size_t kOutputMax = 64;

void check_lines(std::string_view text) {
  std::size_t bytes = 0;
  kube::Lines lines(
      [&bytes](std::string_view line) {
        CHECK(line.find('\n') == std::string_view::npos);
        bytes += line.size();
        return true;
      },
      {.bytes_max = kOutputMax, .keep_empty = true});
  const bool all =
      lines.take(text.substr(0, text.size() / 2)) && lines.take(text.substr(text.size() / 2));
  CHECK(all != lines.too_long());
  lines.end();
  CHECK(bytes <= text.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_lines(text);
  if (const auto code = kube::exit_code_of(text); !code) {
    CHECK(code.error().retry == base::Retry::Terminal && !code.error().message.empty());
  }
  // Messages, each behind a byte that says how long it is.
  kube::ExecTranscript transcript(kOutputMax);
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t length = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    const bool told = transcript.told();
    const auto taken = transcript.take(rest.substr(0, length));
    CHECK(!told || transcript.told());
    if (!taken) break;
    rest.remove_prefix(std::min(length, rest.size()));
  }
  CHECK(transcript.out.size() <= kOutputMax && transcript.err.size() <= kOutputMax);
  if (!transcript.told()) CHECK(!transcript.end().has_value());
  return 0;
}
