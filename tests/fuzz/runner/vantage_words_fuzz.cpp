// What the runner and another vantage say to each other: any line is understood, and then stays
// what it is when it is written again, or refused. Whatever a vantage answers, the runner does not
// go wrong.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "runner/vantage_dialog.h"

namespace {

void ask(std::string_view line) {
  const auto read = runner::parse_vantage_ask(line);
  if (!read) return;
  const auto again = runner::parse_vantage_ask(runner::to_line(*read));
  CHECK(again.has_value() && *again == *read);
  CHECK(read->drill.find('/') == std::string::npos);
}

void answer(std::string_view line, runner::VantageDialog& dialog, base::TimePoint now) {
  const auto read = runner::parse_vantage_answer(line);
  const runner::VantageAsk asked = dialog.next();
  if (!read) return;
  const auto again = runner::parse_vantage_answer(runner::to_line(*read));
  CHECK(again.has_value() && *again == *read);
  runner::VantageAnswer heard = *read;
  heard.number = asked.number;
  CHECK(dialog.heard(heard, now, now).has_value());
  if (dialog.has(runner::VantageDialog::Goal::Received)) CHECK(!dialog.bytes().empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  runner::VantageDialog dialog{runner::VantageAsk{}};
  dialog.want(runner::VantageDialog::Goal::Left);
  base::TimePoint now{};
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    ask(line);
    answer(line, dialog, now += base::seconds(1));
  }
  return 0;
}
