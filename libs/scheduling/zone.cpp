#include "scheduling/zone.h"

#include <algorithm>
#include <array>
#include <cctz/civil_time.h>
#include <cctz/time_zone.h>
#include <charconv>
#include <exception>

#include <fmt/format.h>

namespace scheduling {

struct Zone::Rules {
  cctz::time_zone zone;
};

namespace {

using CctzTime = cctz::time_point<cctz::seconds>;

CctzTime to_cctz(Instant at) {
  return CctzTime(cctz::seconds(at.time_since_epoch().count()));
}
Instant from_cctz(CctzTime at) {
  return Instant(Seconds(at.time_since_epoch().count()));
}
cctz::civil_second to_civil(LocalTime time) {
  return cctz::civil_second() + time.time_since_epoch().count();
}
LocalTime from_civil(const cctz::civil_second& civil) {
  return LocalTime(Seconds(civil - cctz::civil_second()));
}

/// "Europe/Prague", "UTC", "Etc/GMT+1": nothing that leaves the database's folder, and none of its
/// copies with leap seconds (right/) or of the machine's own zone (localtime), whose meaning
/// depends on the machine.
bool is_zone_name(const std::string& name) {
  constexpr std::size_t kLongest = 64;
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '+' || c == '-' || c == '/';
  };
  return !name.empty() && name.size() <= kLongest && std::all_of(name.begin(), name.end(), good) &&
         name.front() >= 'A' && name.front() <= 'Z' && name.back() != '/' &&
         name.find("//") == std::string::npos && name != "Local";
}

}  // namespace

Zone::Zone(std::string name, std::shared_ptr<const Rules> rules)
    : name_(std::move(name)), rules_(std::move(rules)) {}

Zone Zone::utc() {
  return {"UTC", std::make_shared<const Rules>(Rules{cctz::utc_time_zone()})};
}

base::Result<Zone> Zone::load(const std::string& name) {
  cctz::time_zone zone;
  bool found = false;
  if (is_zone_name(name)) {
    try {
      found = name == "UTC" || cctz::load_time_zone(name, &zone);
    } catch (const std::exception&) {
      found = false;
    }
  }
  if (!found) {
    return base::fail(
        base::Code::InvalidArgument,
        fmt::format("\"{}\" is no time zone of this system: a name of the IANA "
                    "database such as Europe/Prague, or UTC, is allowed{}",
                    name.substr(0, 80), is_zone_name(name) ? " (package tzdata has them)" : ""));
  }
  return name == "UTC" ? utc() : Zone(name, std::make_shared<const Rules>(Rules{zone}));
}

LocalTime Zone::local(Instant at) const {
  return from_civil(rules_->zone.lookup(to_cctz(at)).cs);
}

std::string Zone::abbreviation(Instant at) const {
  return rules_->zone.lookup(to_cctz(at)).abbr;
}

Instant Zone::first_reading(LocalTime time) const {
  const auto found = rules_->zone.lookup(to_civil(time));
  return from_cctz(found.kind == cctz::time_zone::civil_lookup::SKIPPED ? found.trans : found.pre);
}

std::optional<Zone::Change> Zone::next_change(Instant at) const {
  cctz::time_zone::civil_transition change;
  if (!rules_->zone.next_transition(to_cctz(at), &change)) return std::nullopt;
  return Change{from_cctz(rules_->zone.lookup(change.to).trans), from_civil(change.from),
                from_civil(change.to)};
}

std::optional<Zone::Change> Zone::last_change(Instant at) const {
  cctz::time_zone::civil_transition change;
  if (!rules_->zone.prev_transition(to_cctz(at + Seconds(1)), &change)) return std::nullopt;
  return Change{from_cctz(rules_->zone.lookup(change.to).trans), from_civil(change.from),
                from_civil(change.to)};
}

std::string text_of(LocalTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::string text_of(Instant at, const Zone& zone) {
  const LocalTime local = zone.local(at);
  std::string text = text_of(local);
  text[text.find(' ')] = 'T';
  const std::int64_t offset = (local.time_since_epoch() - at.time_since_epoch()).count();
  const std::int64_t size = std::abs(offset);
  return fmt::format("{}{}{:02}:{:02}", text, offset < 0 ? '-' : '+', size / 3600, size / 60 % 60);
}

std::string utc_text(Instant at) {
  std::string text = text_of(LocalTime(at.time_since_epoch()));
  text[text.find(' ')] = 'T';
  return text + "Z";
}

namespace {

/// Reads digits and fixed characters off the front of a text.
class TimeReader {
 public:
  explicit TimeReader(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  bool good() const { return good_; }
  bool next_is(std::string_view any) const {
    return !rest_.empty() && any.find(rest_.front()) != std::string_view::npos;
  }
  char take() {
    const char c = rest_.empty() ? '\0' : rest_.front();
    rest_.remove_prefix(std::min<std::size_t>(1, rest_.size()));
    return c;
  }
  void expect(std::string_view any) {
    good_ = good_ && next_is(any);
    take();
  }
  int number(std::size_t digits, int low, int high) {
    int value = -1;
    const std::string_view word = rest_.substr(0, digits);
    const auto read = std::from_chars(word.data(), word.data() + word.size(), value);
    good_ = good_ && word.size() == digits && read.ec == std::errc() &&
            read.ptr == word.data() + digits && value >= low && value <= high;
    rest_.remove_prefix(word.size());
    return value;
  }

 private:
  std::string_view rest_;
  bool good_ = true;
};

std::optional<LocalTime> read_local(TimeReader& reader) {
  const int year = reader.number(4, 1970, 2249);
  reader.expect("-");
  const int month = reader.number(2, 1, 12);
  reader.expect("-");
  const int day = reader.number(2, 1, 31);
  std::array<int, 3> clock{};
  if (!reader.done()) {
    reader.expect("Tt ");
    clock[0] = reader.number(2, 0, 23);
    reader.expect(":");
    clock[1] = reader.number(2, 0, 59);
    if (reader.next_is(":")) {
      reader.take();
      clock[2] = reader.number(2, 0, 59);
    }
  }
  if (!reader.good()) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::local_days(date) + std::chrono::hours(clock[0]) +
         std::chrono::minutes(clock[1]) + Seconds(clock[2]);
}

}  // namespace

base::Result<Instant> parse_time(std::string_view text, const Zone& zone) {
  TimeReader reader(text);
  const auto local = read_local(reader);
  std::optional<Seconds> offset;
  if (local && reader.next_is("Zz")) {
    reader.take();
    offset = Seconds(0);
  } else if (local && reader.next_is("+-")) {
    const int sign = reader.take() == '-' ? -1 : 1;
    const int hours = reader.number(2, 0, 23);
    reader.expect(":");
    offset = Seconds(sign * (hours * 3600 + reader.number(2, 0, 59) * 60));
  }
  if (!local || !reader.good() || !reader.done()) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("\"{}\" is no time: \"2026-03-29T03:00:00+02:00\", or "
                                  "\"2026-03-29T03:00\" and \"2026-03-29\" in the schedule's time "
                                  "zone, are allowed",
                                  text.substr(0, 80)));
  }
  if (!offset) return zone.first_reading(*local);
  return Instant(local->time_since_epoch() - *offset);
}

}  // namespace scheduling
