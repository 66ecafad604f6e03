#include "cli/progress_view.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/time.h"

namespace cli {
namespace {

constexpr std::size_t kEventsShown = 6;
constexpr std::string_view kPhaseBegan = "PhaseBegan ";
constexpr std::size_t kNarrow = 79;  // columns below which a line says the least

std::string human_seconds(double seconds) {
  return base::human(base::Duration(static_cast<std::int64_t>(seconds * 1e9)));
}

/// Characters as a terminal counts them, near enough for what a drill prints: UTF-8 code points.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string fit(const std::string& text, std::size_t columns) {
  if (width_of(text) <= columns) return text;
  std::string out;
  std::size_t taken = 0;
  for (const char c : text) {
    if ((c & 0xC0) != 0x80 && ++taken >= columns) break;
    out += c;
  }
  return out + "…";
}

std::string painted(const std::string& text, const char* code, bool color) {
  return color ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
}

std::string bar(double share, std::size_t cells) {
  const double clamped = std::clamp(share, 0.0, 1.0);
  const auto full = static_cast<std::size_t>(clamped * static_cast<double>(cells));
  std::string out;
  for (std::size_t i = 0; i < cells; ++i) out += i < full ? "█" : "░";
  return out;
}

std::string outage_line(const runner::DrillStatus& status, std::size_t columns, bool color) {
  const bool narrow = columns < kNarrow;
  if (status.outage_seconds < 0) {
    const std::string rpo =
        status.rpo_seconds ? "  RPO " + human_seconds(*status.rpo_seconds) : std::string();
    return fit(fmt::format("  {:<{}}  RTO {}{}", "service up", narrow ? 10 : 31,
                           human_seconds(status.rto_seconds), rpo),
               columns);
  }
  const double share = status.rto_seconds > 0 ? status.outage_seconds / status.rto_seconds : 0;
  const char* code = share > 1 ? "31;1" : (share > 0.8 ? "33" : "36");
  if (columns < 60) {
    const auto least = fmt::format("  DOWN {} of RTO {}", human_seconds(status.outage_seconds),
                                   human_seconds(status.rto_seconds));
    return painted(fit(least, columns), code, color);
  }
  const auto text =
      fmt::format("  service DOWN for {:>10}  {}  of RTO {}", human_seconds(status.outage_seconds),
                  bar(share, narrow ? 6 : 20), human_seconds(status.rto_seconds));
  return painted(fit(text, columns), code, color);
}

std::string stream_line(const runner::StreamHealth& health, std::size_t columns, bool color) {
  const char* mark = !health.answered ? "·" : (health.good ? "●" : "○");
  const std::string word = !health.answered ? "waiting" : (health.good ? "good" : "bad");
  const std::string since = health.answered ? human_seconds(health.for_seconds) : "";
  if (columns < kNarrow) {
    const std::string least = fit(fmt::format("  {} {:<14} {:<7} {:>10}  {}", mark,
                                              fit(health.name, 14), word, since, health.cause),
                                  columns);
    return health.answered ? painted(least, health.good ? "32" : "31", color) : least;
  }
  std::string text = fmt::format("  {} {:<28} {:<7} {:>10}  {:>8} ok {:>6} bad {:>9.1f} ms{}{}",
                                 mark, fit(health.name, 28), word, since, health.ok, health.bad,
                                 health.latency_millis, health.decides ? "  decides" : "",
                                 health.cause.empty() ? "" : "  " + health.cause);
  text = fit(text, columns);
  return health.answered ? painted(text, health.good ? "32" : "31", color) : text;
}

}  // namespace

std::vector<std::string> progress_block(const runner::DrillStatus& status, const Stream& stream) {
  const auto columns = static_cast<std::size_t>(stream.columns > 1 ? stream.columns - 1 : 79);
  std::vector<std::string> out;
  out.push_back(painted(fit(fmt::format("drill {}", status.id), columns), "1", stream.color));
  out.push_back(fit(fmt::format("  {} for {} · {} · {} elapsed{}", status.phase,
                                human_seconds(status.phase_seconds), status.state,
                                human_seconds(status.elapsed_seconds),
                                status.step.empty() ? "" : " · " + status.step),
                    columns));
  out.push_back(outage_line(status, columns, stream.color));
  for (const runner::StreamHealth& health : status.streams) {
    out.push_back(stream_line(health, columns, stream.color));
  }
  const std::size_t first =
      status.events.size() > kEventsShown ? status.events.size() - kEventsShown : 0;
  for (std::size_t i = first; i < status.events.size(); ++i) {
    const runner::StatusEvent& event = status.events[i];
    out.push_back(fit(fmt::format("  {:>8.2f} s  {}", event.at_seconds, event.text), columns));
  }
  return out;
}

std::string ProgressView::show(const runner::DrillStatus& status) {
  return stream_.terminal ? redraw(status) : lines(status);
}

std::string ProgressView::redraw(const runner::DrillStatus& status) {
  const std::vector<std::string> block = progress_block(status, stream_);
  std::string out = drawn_ > 0 ? fmt::format("\x1b[{}F", drawn_) : "";
  for (const std::string& line : block) out += "\x1b[2K" + line + "\n";
  // A block that became shorter leaves its old last lines behind: clear to the end of the screen.
  if (block.size() < drawn_) out += "\x1b[0J";
  drawn_ = block.size();
  return out;
}

std::string ProgressView::lines(const runner::DrillStatus& status) {
  std::string out;
  for (const runner::StatusEvent& event : status.events) {
    if (event.number <= last_told_) continue;
    last_told_ = event.number;
    // Events that come late, as those of a drill that has ended, were in phases of their own.
    if (event.text.starts_with(kPhaseBegan)) phase_ = event.text.substr(kPhaseBegan.size());
    out += fmt::format("{:>8.2f} s  {:<10}  {}\n", event.at_seconds,
                       phase_.empty() ? status.phase : phase_, event.text);
  }
  return out;
}

std::string ProgressView::end() {
  drawn_ = 0;
  return "";
}

}  // namespace cli
