// What the responder is told, by its arguments and on stdin.
#include <charconv>

#include <fmt/format.h>

#include "probes/responder.h"

namespace probes {

namespace {
constexpr std::uint64_t kMillisMax = 3'600'000;

bool number(std::string_view text, std::uint64_t& out, std::uint64_t most) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && error == std::errc() && end == text.data() + text.size() && out <= most;
}

tl::unexpected<base::Error> wrong(std::string_view word, std::string_view allowed) {
  return base::fail(base::Code::InvalidArgument, fmt::format("'{}': {}", word, allowed));
}
}  // namespace

base::Result<ResponderOptions> ResponderOptions::parse(const std::vector<std::string>& words) {
  ResponderOptions out;
  for (const std::string& word : words) {
    const std::string_view text = word;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) {
      return wrong(word, "name=value is needed");
    }
    const auto name = text.substr(0, equals);
    const auto value = text.substr(equals + 1);
    std::uint64_t count = 0;
    if (name == "host") {
      out.host = value;
    } else if (name == "seed") {
      if (!number(value, out.seed, UINT64_MAX)) {
        return wrong(word, "a number is needed");
      }
    } else if (!number(value, count, kMillisMax) || count == 0) {
      return wrong(word, "1 to 3600000 milliseconds are allowed");
    } else if (name == "deadline-millis") {
      out.deadline = base::millis(static_cast<std::int64_t>(count));
    } else if (name == "interval-millis") {
      out.interval = base::millis(static_cast<std::int64_t>(count));
    } else if (name == "settle-millis") {
      out.settle = base::millis(static_cast<std::int64_t>(count));
    } else {
      return wrong(word, "host, seed, deadline-millis, interval-millis, settle-millis are known");
    }
  }
  return out;
}

std::vector<std::string> ResponderOptions::words() const {
  const auto millis = [](base::Duration length) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(length).count();
  };
  return {"host=" + host, fmt::format("seed={}", seed),
          fmt::format("deadline-millis={}", millis(deadline)),
          fmt::format("interval-millis={}", millis(interval)),
          fmt::format("settle-millis={}", millis(settle))};
}

PlannedOutage next_outage(base::Random& random, const ResponderOptions& options, bool hang) {
  constexpr std::int64_t kSpreadNanos = 1'500'000'000;
  const base::Duration spread(random.between(0, kSpreadNanos));
  if (hang) {
    return {drill::ReferenceOutage::Kind::Hang,
            options.deadline + 3 * options.interval + base::millis(100) + spread};
  }
  return {drill::ReferenceOutage::Kind::Refuse, 4 * options.interval + base::millis(100) + spread};
}

base::Result<ResponderCommand> parse_responder_command(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) {
    line.remove_suffix(1);
  }
  if (line == "stop") {
    return ResponderCommand{};
  }
  const auto blank = line.find(' ');
  const auto verb = line.substr(0, blank);
  std::uint64_t count = 0;
  if (blank == std::string_view::npos || (verb != "refuse" && verb != "hang") ||
      !number(line.substr(blank + 1), count, kMillisMax) || count == 0) {
    return wrong(line.substr(0, 80), "refuse MILLIS, hang MILLIS (1 to 3600000) or stop is known");
  }
  using Kind = drill::ReferenceOutage::Kind;
  return ResponderCommand{PlannedOutage{verb == "hang" ? Kind::Hang : Kind::Refuse,
                                        base::millis(static_cast<std::int64_t>(count))}};
}

}  // namespace probes
