// From the text of a cron expression to its sets of values. Every field is looked at, so that one
// error names all that is wrong.
#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "scheduling/cron.h"

namespace scheduling {
namespace {

struct FieldRule {
  const char* name;
  int low, high;
  const char* allowed;
  std::vector<const char*> names;  // of low, low + 1 …
};

const std::array<FieldRule, 5>& rules() {
  static const std::array<FieldRule, 5> kRules = {
      {{"minute", 0, 59, "0-59", {}},
       {"hour", 0, 23, "0-23", {}},
       {"day of month", 1, 31, "1-31", {}},
       {"month",
        1,
        12,
        "1-12 or JAN-DEC",
        {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}},
       {"day of week",
        0,
        7,
        "0-7 (0 and 7 are Sunday) or SUN-SAT",
        {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}}}};
  return kRules;
}
constexpr std::size_t kDayOfMonth = 2, kDayOfWeek = 4;

struct Macro {
  const char* name;
  const char* expression;
};
constexpr std::array<Macro, 7> kMacros = {{{"@yearly", "0 0 1 1 *"},
                                           {"@annually", "0 0 1 1 *"},
                                           {"@monthly", "0 0 1 * *"},
                                           {"@weekly", "0 0 * * 0"},
                                           {"@daily", "0 0 * * *"},
                                           {"@midnight", "0 0 * * *"},
                                           {"@hourly", "0 * * * *"}}};

std::vector<std::string_view> split(std::string_view text, std::string_view at) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find_first_of(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return upper(x) == upper(y); });
}

std::optional<int> number_of(std::string_view word) {
  int value = 0;
  const auto read = std::from_chars(word.data(), word.data() + word.size(), value);
  const bool digits = !word.empty() && word.front() >= '0' && word.front() <= '9';
  if (!digits || read.ec != std::errc() || read.ptr != word.data() + word.size()) {
    return std::nullopt;
  }
  return value;
}

struct FieldValue {
  std::uint64_t bits = 0;
  bool any = false;          // an item is all values
  bool starts_step = false;  // begins with */n, n > 1
  std::string problem;       // empty: good
};

/// One field: items separated by commas.
class FieldReader {
 public:
  explicit FieldReader(const FieldRule& rule) : rule_(rule) {}

  FieldValue read(std::string_view text) {
    bool first = true;
    for (const std::string_view item : split(text, ",")) {
      read_item(item, first);
      first = false;
    }
    if (!value_.problem.empty()) {
      value_.problem = fmt::format("{} \"{}\": {}", rule_.name, text.substr(0, 60), value_.problem);
    }
    return value_;
  }

 private:
  void complain(std::string message) {
    if (value_.problem.empty()) value_.problem = std::move(message);
  }

  std::optional<int> value_of(std::string_view word) {
    for (std::size_t i = 0; i < rule_.names.size(); ++i) {
      if (same_word(word, rule_.names[i])) return rule_.low + static_cast<int>(i);
    }
    const auto number = number_of(word);
    if (number && *number >= rule_.low && *number <= rule_.high) return number;
    complain(fmt::format("\"{}\" is not allowed: {}, with * , - and / is", word.substr(0, 20),
                         rule_.allowed));
    return std::nullopt;
  }

  int step_of(std::string_view word) {
    const int widest =
        std::min(rule_.high, rule_.low == 0 && rule_.high == 7 ? 6 : rule_.high) - rule_.low;
    const auto step = number_of(word);
    if (step && *step >= 1 && *step <= widest) return *step;
    complain(
        fmt::format("a step of \"{}\" is not allowed: 1 to {} is", word.substr(0, 20), widest));
    return 1;
  }

  bool is_day() const { return &rule_ == &rules()[kDayOfMonth] || &rule_ == &rules()[kDayOfWeek]; }

  void read_item(std::string_view item, bool first) {
    const std::size_t slash = item.find('/');
    const std::string_view range = item.substr(0, slash);
    const bool stepped = slash != std::string_view::npos;
    const int step = stepped ? step_of(item.substr(slash + 1)) : 1;
    const bool star = range == "*" || (range == "?" && is_day());
    int low = rule_.low;
    int high = rule_.high == 7 ? 6 : rule_.high;
    if (!star) {
      const std::size_t dash = range.find('-');
      const auto from = value_of(range.substr(0, dash));
      const auto to = dash == std::string_view::npos ? from : value_of(range.substr(dash + 1));
      if (!from || !to) return;
      low = *from;
      // "5/10" is 5, 15, 25 … to the end, as Kubernetes reads it.
      high = dash == std::string_view::npos && stepped ? high : *to;
      if (rule_.high == 7 && dash != std::string_view::npos && high == 0 && low > 0) high = 7;
    }
    if (low > high) {
      return complain(fmt::format("the range \"{}\" runs backward: write two, separated by a comma",
                                  range.substr(0, 20)));
    }
    if (star && step == 1) value_.any = true;
    if (star && step > 1 && first) value_.starts_step = true;
    for (int value = low; value <= high; value += step) {
      value_.bits |= std::uint64_t{1} << static_cast<unsigned>(rule_.high == 7 ? value % 7 : value);
    }
  }

  const FieldRule& rule_;
  FieldValue value_;
};

std::string macro_problem(std::string_view text) {
  if (same_word(text.substr(0, 6), "@every") || same_word(text, "@reboot")) {
    return "stands for no time of day: ";
  }
  return "is not known: ";
}

}  // namespace

class CronParser {
 public:
  static base::Result<Cron> parse(std::string_view text) {
    Cron cron;
    cron.text_ = std::string(text);
    TRY(const std::vector<std::string_view> words, words_of(text));
    std::array<FieldValue, 5> fields;
    std::string problems;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      fields[i] = FieldReader(rules()[i]).read(words[i]);
      if (fields[i].problem.empty()) continue;
      problems += (problems.empty() ? "" : "; ") + fields[i].problem;
    }
    if (!problems.empty()) return fail(text, problems);
    TRY(check_days(text, words, fields));
    cron.minutes_ = fields[0].bits;
    cron.hours_ = static_cast<std::uint32_t>(fields[1].bits);
    cron.days_ = static_cast<std::uint32_t>(fields[2].bits);
    cron.months_ = static_cast<std::uint32_t>(fields[3].bits);
    cron.weekdays_ = static_cast<std::uint32_t>(fields[4].bits);
    cron.any_day_ = fields[2].any;
    cron.any_weekday_ = fields[4].any;
    if (!cron.can_match()) {
      return fail(text, "never comes: no month that it names has such a day");
    }
    return cron;
  }

 private:
  static tl::unexpected<base::Error> fail(std::string_view text, const std::string& why) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("\"{}\": {}", text.substr(0, 120), why));
  }

  static base::Result<std::vector<std::string_view>> words_of(std::string_view text) {
    constexpr std::size_t kLongest = 1000;
    if (text.size() > kLongest) return fail(text, "is too long: at most 1000 bytes are allowed");
    std::string_view expression = text;
    if (text.starts_with("@")) {
      const auto macro = std::find_if(kMacros.begin(), kMacros.end(),
                                      [&](const Macro& one) { return same_word(one.name, text); });
      if (macro == kMacros.end()) {
        return fail(text, macro_problem(text) +
                              "@hourly, @daily, @weekly, @monthly, @yearly or five fields are "
                              "allowed");
      }
      expression = macro->expression;
    }
    std::vector<std::string_view> words = split(expression, " \t");
    std::erase(words, std::string_view());
    if (!words.empty() && words.front().find('=') != std::string_view::npos) {
      return fail(text, "a time zone is not allowed here: timeZone has it");
    }
    if (words.size() != 5) {
      return fail(text,
                  fmt::format("has {} fields: five are needed, minute hour day-of-month "
                              "month day-of-week{}",
                              words.size(), words.size() == 6 ? ", no seconds and no year" : ""));
    }
    return words;
  }

  /// Vixie cron takes "*/2" for an unrestricted day and wants both to fit, Kubernetes takes it for
  /// a restricted one and wants either.
  static base::Result<> check_days(std::string_view text,
                                   const std::vector<std::string_view>& words,
                                   const std::array<FieldValue, 5>& fields) {
    const FieldValue& day = fields[kDayOfMonth];
    const FieldValue& weekday = fields[kDayOfWeek];
    const bool both = !day.any && !weekday.any;
    if (!both || (!day.starts_step && !weekday.starts_step)) return {};
    const std::size_t which = day.starts_step ? kDayOfMonth : kDayOfWeek;
    return fail(
        text, fmt::format("{} \"{}\" beside a restricted {} means two things (cron: days that fit "
                          "both, Kubernetes: either): write {}{} for either",
                          rules()[which].name, words[which],
                          rules()[which == kDayOfMonth ? kDayOfWeek : kDayOfMonth].name,
                          which == kDayOfMonth ? "1-31" : "0-6", words[which].substr(1)));
  }
};

base::Result<Cron> Cron::parse(std::string_view text) {
  return CronParser::parse(text);
}

}  // namespace scheduling
