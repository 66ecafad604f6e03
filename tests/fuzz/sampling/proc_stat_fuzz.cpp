// Whatever a file of /proc says: figures or a complaint, and figures that make sense. The first
// byte chooses the parser, so that one corpus holds all of them.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "sampling/proc_files.h"

namespace {
using namespace sampling;

void process(char parser, std::string_view text) {
  if (parser == 'a') {
    const auto stat = parse_process_stat(text);
    if (!stat) return;
    CHECK(stat->pid >= 0 && stat->parent >= 0);
    CHECK(text.find(stat->comm) != std::string_view::npos);
  } else if (parser == 'b') {
    const auto memory = parse_process_memory(text);
    CHECK(!memory || memory->shared_pages <= memory->resident_pages);
  } else if (parser == 'c') {
    static_cast<void>(parse_process_io(text));
  }
}

void machine(char parser, std::string_view text) {
  if (parser == 'd') {
    static_cast<void>(parse_net_dev(text));
  } else if (parser == 'e') {
    const auto stat = parse_machine_stat(text);
    CHECK(!stat || stat->cores > 0);
  } else if (parser == 'f') {
    static_cast<void>(parse_meminfo(text));
  } else if (parser == 'g') {
    static_cast<void>(parse_uptime(text));
  }
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty()) return 0;
  process(bytes[0], bytes.substr(1));
  machine(bytes[0], bytes.substr(1));
  return 0;
}
