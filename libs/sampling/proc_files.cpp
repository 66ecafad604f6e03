#include "sampling/proc_files.h"

#include <algorithm>
#include <limits>

#include "sampling/lines.h"

namespace sampling {

namespace {
constexpr std::uint64_t kIdMax = std::numeric_limits<std::int32_t>::max();

base::Result<std::int32_t> take_id(const Lines& lines, std::string_view word) {
  TRY(const std::uint64_t value, lines.number_of(word));
  if (value > kIdMax) return lines.broken(word, "no process");
  return static_cast<std::int32_t>(value);
}

base::Result<> add(const Lines& lines, std::string_view word, std::uint64_t& sum) {
  TRY(const std::uint64_t value, lines.number_of(word));
  if (value > std::numeric_limits<std::uint64_t>::max() - sum) {
    return lines.broken(word, "the sum is beyond 64 bits");
  }
  sum += value;
  return {};
}

/// "MemTotal:  24684092 kB" as bytes.
base::Result<std::uint64_t> take_kilobytes(Lines& lines) {
  TRY(const std::uint64_t value, lines.take_number());
  if (value > std::numeric_limits<std::uint64_t>::max() / 1024) {
    return lines.broken("kB", "beyond 64 bits of bytes");
  }
  return value * 1024;
}

bool all_digits(std::string_view word) {
  return !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos;
}
}  // namespace

base::Result<ProcessStat> parse_process_stat(std::string_view text) {
  const std::size_t open = text.find('(');
  const std::size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return Lines("stat", text).lacking("no name in brackets");
  }
  ProcessStat out;
  out.comm = text.substr(open + 1, close - open - 1);
  Lines before("stat", text.substr(0, open));
  before.next();
  TRY(out.pid, take_id(before, before.word()));
  Lines lines("stat", text.substr(close + 1));
  lines.next();
  const std::string_view state = lines.word();
  if (state.size() != 1) return lines.broken(state, "no state");
  out.state = state[0];
  TRY(out.parent, take_id(lines, lines.word()));
  // Numbered as in proc(5), where the name is 2, the state 3 and the parent 4.
  for (int field = 5; field <= 24; ++field) {
    const std::string_view word = lines.word();
    std::uint64_t* value = field == 14   ? &out.user_ticks
                           : field == 15 ? &out.system_ticks
                           : field == 16 ? &out.children_user_ticks
                           : field == 17 ? &out.children_system_ticks
                           : field == 22 ? &out.start_ticks
                           : field == 24 ? &out.resident_pages
                                         : nullptr;
    if (value != nullptr) {
      TRY(*value, lines.number_of(word));
    } else if (word.empty()) {
      return lines.lacking("less than 24 fields");
    }
  }
  return out;
}

base::Result<ProcessMemory> parse_process_memory(std::string_view text) {
  Lines lines("statm", text);
  if (!lines.next()) return lines.lacking("empty");
  TRY(lines.take_number());
  ProcessMemory out;
  TRY(out.resident_pages, lines.take_number());
  TRY(out.shared_pages, lines.take_number());
  // The kernel counts both apart, and a reader may see one of them later than the other.
  out.shared_pages = std::min(out.shared_pages, out.resident_pages);
  return out;
}

base::Result<ProcessIo> parse_process_io(std::string_view text) {
  Lines lines("io", text);
  std::optional<std::uint64_t> read;
  std::optional<std::uint64_t> written;
  while (lines.next()) {
    const std::string_view key = lines.word();
    TRY(const std::uint64_t value, lines.take_number());
    if (key == "read_bytes:") read = value;
    if (key == "write_bytes:") written = value;
  }
  if (!read || !written) return lines.lacking("not read_bytes and write_bytes");
  return ProcessIo{*read, *written};
}

base::Result<NetworkCounters> parse_net_dev(std::string_view text) {
  Lines lines("net/dev", text);
  for (int heading = 0; heading < 2; ++heading) {
    if (!lines.next() || lines.rest_of_line().find('|') == std::string_view::npos) {
      return lines.lacking("not two lines of headings");
    }
  }
  NetworkCounters out;
  NetworkCounters loopback;
  std::uint64_t unused = 0;
  while (lines.next()) {
    // Old kernels leave no space between the name and a long number.
    const std::string_view line = lines.rest_of_line();
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return lines.broken(line, "no interface");
    NetworkCounters& to = trimmed(line.substr(0, colon)) == "lo" ? loopback : out;
    lines.skip(colon + 1);
    for (int column = 0; column < 16; ++column) {
      unused = 0;
      std::uint64_t& sum = column == 0   ? to.received_bytes
                           : column == 1 ? to.received_packets
                           : column == 8 ? to.sent_bytes
                           : column == 9 ? to.sent_packets
                                         : unused;
      TRY(add(lines, lines.word(), sum));
    }
  }
  return out;
}

base::Result<MachineStat> parse_machine_stat(std::string_view text) {
  Lines lines("stat", text);
  if (!lines.next() || lines.word() != "cpu") return lines.lacking("does not begin with 'cpu'");
  MachineStat out;
  // user nice system idle iowait irq softirq steal; guest time is in user already.
  for (int column = 0; column < 8; ++column) {
    const bool idle = column == 3 || column == 4;
    TRY(add(lines, lines.word(), idle ? out.idle_ticks : out.busy_ticks));
  }
  while (lines.next()) {
    const std::string_view key = lines.word();
    if (!key.starts_with("cpu") || !all_digits(key.substr(3))) break;
    ++out.cores;
  }
  if (out.cores == 0) return lines.lacking("no processor");
  return out;
}

base::Result<MachineMemory> parse_meminfo(std::string_view text) {
  Lines lines("meminfo", text);
  MachineMemory out;
  int seen = 0;
  while (lines.next()) {
    const std::string_view key = lines.word();
    std::uint64_t* value = key == "MemTotal:"       ? &out.total_bytes
                           : key == "MemAvailable:" ? &out.available_bytes
                           : key == "SwapTotal:"    ? &out.swap_total_bytes
                           : key == "SwapFree:"     ? &out.swap_free_bytes
                                                    : nullptr;
    if (value == nullptr) continue;
    TRY(*value, take_kilobytes(lines));
    ++seen;
  }
  if (seen != 4) return lines.lacking("not MemTotal, MemAvailable, SwapTotal and SwapFree");
  return out;
}

base::Result<std::uint64_t> parse_uptime(std::string_view text) {
  Lines lines("uptime", text);
  if (!lines.next()) return lines.lacking("empty");
  const std::string_view word = lines.word();
  const std::size_t point = word.find('.');
  if (point == std::string_view::npos || word.size() != point + 3) {
    return lines.broken(word, "not seconds with two decimals");
  }
  TRY(const std::uint64_t whole, lines.number_of(word.substr(0, point)));
  TRY(const std::uint64_t hundredths, lines.number_of(word.substr(point + 1)));
  if (whole > std::numeric_limits<std::uint64_t>::max() / kTicksPerSecond - 1) {
    return lines.broken(word, "beyond 64 bits of ticks");
  }
  return whole * kTicksPerSecond + hundredths;
}

}  // namespace sampling
