#include "drill/engine_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace drill {

namespace {

constexpr std::array kSeen = {"Unknown", "No", "Yes"};
constexpr std::array kService = {"Unknown", "Good", "Bad"};
constexpr std::array kResult = {"Ok", "Failed", "Unknown"};
constexpr std::array kAbort = {"User", "Guard", "Deadline", "Stop", "DiskFull", "InstrumentLost"};
constexpr std::array kWhat = {"Baseline", "Recovery", "Validation", "Promotion", "Restoration"};
constexpr const char* kMayLand = ",may-land";  // at the result's word
constexpr std::array kRead = {"Survivor", "OldPrimary", "Rejoined"};

template <class Names, class Enum>
const char* word(const Names& names, Enum value) {
  const auto index = static_cast<std::size_t>(value);
  return index < names.size() ? names[index] : "?";
}

template <class Names, class Enum>
bool read_word(const Names& names, std::string_view text, Enum& value) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (text == names[i]) {
      value = static_cast<Enum>(i);
      return true;
    }
  }
  return false;
}

std::string stamp(TimePoint at) {
  if (at == kNever) return "never";
  return fmt::format("{:.3f}", base::to_seconds(at.time_since_epoch()));
}

std::string tail(const std::string& text) {
  return text.empty() ? "" : " " + text;
}
const char* yes(bool ok) {
  return ok ? "ok" : "failed";
}
/// The first one is not numbered.
std::string attempt(std::uint32_t n) {
  return n == 1 ? "" : fmt::format(" attempt={}", n);
}

struct EventText {
  std::string operator()(const event::Begin&) const { return "Begin"; }
  std::string operator()(const event::Preflighted& e) const {
    return fmt::format("Preflighted {}{}", yes(e.ok), tail(e.why));
  }
  std::string operator()(const event::Recorded& e) const {
    return fmt::format("Recorded {} {}{}", to_string(e.id), yes(e.ok), tail(e.why));
  }
  std::string operator()(const event::Applied& e) const {
    return fmt::format("Applied {} {}{}{}", to_string(e.id), name(e.result),
                       e.may_land ? kMayLand : "", tail(e.detail));
  }
  std::string operator()(const event::Proven& e) const {
    return fmt::format("Proven {} {}{}", to_string(e.id), yes(e.ok), tail(e.detail));
  }
  std::string operator()(const event::Observed& e) const {
    return fmt::format("Observed {} since={} through={} promoted={} redundancy={}{}{}{}{}",
                       name(e.service), stamp(e.since), stamp(e.through), name(e.promoted),
                       name(e.redundancy),
                       e.answers == 0 ? "" : fmt::format(" answers={}", e.answers),
                       e.instrument_healthy ? "" : " unhealthy",
                       e.missing.empty() ? "" : " missing=", fmt::join(e.missing, ","));
  }
  std::string operator()(const event::FinalReadDone& e) const {
    return fmt::format("FinalReadDone {} {}{}", read_name(e.which), yes(e.ok), tail(e.detail));
  }
  std::string operator()(const event::Restored& e) const {
    return fmt::format("Restored {}{} {}{}", to_string(e.id), attempt(e.attempt), yes(e.ok),
                       tail(e.detail));
  }
  std::string operator()(const event::AbortRequested& e) const {
    return fmt::format("AbortRequested {}{}", name(e.reason), tail(e.detail));
  }
  std::string operator()(const event::Woke&) const { return "Woke"; }
};

struct ActionText {
  std::string operator()(const action::Preflight&) const { return "Preflight"; }
  std::string operator()(const action::Record& a) const { return "Record " + to_string(a.id); }
  std::string operator()(const action::Inject& a) const { return "Inject " + to_string(a.id); }
  std::string operator()(const action::RunStep& a) const {
    return "RunStep " + to_string(a.id) + attempt(a.attempt);
  }
  std::string operator()(const action::Cancel& a) const { return "Cancel " + to_string(a.id); }
  std::string operator()(const action::Prove& a) const { return "Prove " + to_string(a.id); }
  std::string operator()(const action::Observe& a) const {
    return fmt::format("Observe {}{}", name(a.what),
                       a.number == 0 ? "" : fmt::format(" number={}", a.number));
  }
  std::string operator()(const action::TakeFinalRead& a) const {
    return fmt::format("TakeFinalRead {}", read_name(a.which));
  }
  std::string operator()(const action::Restore& a) const {
    return "Restore " + to_string(a.id) + attempt(a.attempt);
  }
  std::string operator()(const action::WakeAt& a) const { return "WakeAt " + stamp(a.at); }
  std::string operator()(const action::Note& a) const {
    return fmt::format("Note {}{}{}", name(a.entry.kind), tail(a.entry.subject),
                       a.entry.text.empty() ? "" : ": " + a.entry.text);
  }
  std::string operator()(const action::Finish& a) const {
    std::string out = fmt::format(
        "Finish {} cause={} whole={} injected={} promoted={} redundancy={}", name(a.ending),
        name(a.cause), a.whole, a.injected, name(a.promoted), name(a.redundancy));
    if (!a.reason.empty()) out += ": " + a.reason;
    for (const std::string& problem : a.problems) out += "; problem: " + problem;
    return out;
  }
};

/// Words of a line from the left; what remains is the text.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}
  std::string_view next() {
    const auto begin = rest_.find_first_not_of(' ');
    if (begin == std::string_view::npos) {
      rest_ = {};
      return {};
    }
    rest_.remove_prefix(begin);
    const auto word = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(word.size());
    return word;
  }
  std::string text() const {
    const auto begin = rest_.find_first_not_of(' ');
    return begin == std::string_view::npos ? std::string() : std::string(rest_.substr(begin));
  }

 private:
  std::string_view rest_;
};

bool read_ok(std::string_view word, bool& ok) {
  ok = word == "ok";
  return ok || word == "failed";
}

bool read_stamp(std::string_view text, TimePoint& at) {
  if (text == "never") {
    at = kNever;
    return true;
  }
  double value = 0;
  std::istringstream in{std::string(text)};
  in.imbue(std::locale::classic());
  if (!(in >> value) || !in.eof() || std::abs(value) > 4e9) return false;
  at = TimePoint(base::millis(std::llround(value * 1e3)));
  return true;
}

bool read_field(std::string_view word, event::Observed& e) {
  if (word == "unhealthy") {
    e.instrument_healthy = false;
    return true;
  }
  const auto equals = word.find('=');
  if (equals == std::string_view::npos) return false;
  const auto key = word.substr(0, equals);
  const auto value = word.substr(equals + 1);
  if (key == "since") return read_stamp(value, e.since);
  if (key == "through") return read_stamp(value, e.through);
  if (key == "promoted") return read_word(kSeen, value, e.promoted);
  if (key == "redundancy") return read_word(kSeen, value, e.redundancy);
  std::istringstream in{std::string(value)};
  if (key == "missing") {
    for (std::string name; std::getline(in, name, ',');) {
      if (name.empty()) return false;
      e.missing.push_back(name);
    }
    return !e.missing.empty();
  }
  if (key != "answers") return false;
  return static_cast<bool>(in >> e.answers) && in.eof();
}

bool read_observed(Words& words, event::Observed& e) {
  if (!read_word(kService, words.next(), e.service)) return false;
  for (auto word = words.next(); !word.empty(); word = words.next()) {
    if (!read_field(word, e)) return false;
  }
  return true;
}

/// Events about one part: "<kind> <id> ok|failed text".
template <class E>
bool read_part(Words& words, E& e, std::string E::* text) {
  if (!parse(words.next(), e.id)) return false;
  if (!read_ok(words.next(), e.ok)) return false;
  e.*text = words.text();
  return true;
}

/// "Restored <id> [attempt=n] ok|failed text"
bool read_restored(Words& words, event::Restored& e) {
  constexpr std::string_view kAttempt = "attempt=";
  if (!parse(words.next(), e.id)) return false;
  std::string_view word = words.next();
  if (word.starts_with(kAttempt)) {
    word.remove_prefix(kAttempt.size());
    const auto read = std::from_chars(word.begin(), word.end(), e.attempt);
    if (read.ec != std::errc() || read.ptr != word.end()) return false;
    word = words.next();
  }
  if (!read_ok(word, e.ok)) return false;
  e.detail = words.text();
  return true;
}

bool read_applied(Words& words, event::Applied& e) {
  if (!parse(words.next(), e.id)) return false;
  std::string_view result = words.next();
  e.may_land = result.ends_with(kMayLand);
  if (e.may_land) result.remove_suffix(std::string_view(kMayLand).size());
  if (!read_word(kResult, result, e.result)) return false;
  e.detail = words.text();
  return true;
}
bool read_preflighted(Words& words, event::Preflighted& e) {
  if (!read_ok(words.next(), e.ok)) return false;
  e.why = words.text();
  return true;
}
bool read_final_read(Words& words, event::FinalReadDone& e) {
  if (!read_word(kRead, words.next(), e.which) || !read_ok(words.next(), e.ok)) return false;
  e.detail = words.text();
  return true;
}
bool read_abort(Words& words, event::AbortRequested& e) {
  if (!read_word(kAbort, words.next(), e.reason)) return false;
  e.detail = words.text();
  return true;
}

template <class E>
bool make(Event& out, bool (*read)(Words&, E&), Words& words) {
  E e;
  if (!read(words, e)) return false;
  out = std::move(e);
  return true;
}

bool read_event(std::string_view kind, Words& words, Event& out) {
  if (kind == "Begin" || kind == "Woke") {
    if (kind == "Begin") out = event::Begin{};
    if (kind == "Woke") out = event::Woke{};
    return words.next().empty();
  }
  if (kind == "Preflighted") return make<event::Preflighted>(out, read_preflighted, words);
  if (kind == "Applied") return make<event::Applied>(out, read_applied, words);
  if (kind == "Observed") return make<event::Observed>(out, read_observed, words);
  if (kind == "FinalReadDone") return make<event::FinalReadDone>(out, read_final_read, words);
  if (kind == "AbortRequested") return make<event::AbortRequested>(out, read_abort, words);
  if (kind == "Recorded") {
    return make<event::Recorded>(
        out, [](Words& w, event::Recorded& e) { return read_part(w, e, &event::Recorded::why); },
        words);
  }
  if (kind == "Proven") {
    return make<event::Proven>(
        out, [](Words& w, event::Proven& e) { return read_part(w, e, &event::Proven::detail); },
        words);
  }
  return kind == "Restored" && make<event::Restored>(out, read_restored, words);
}

}  // namespace

const char* read_name(FinalRead::Which which) {
  return word(kRead, which);
}
const char* name(Seen seen) {
  return word(kSeen, seen);
}
const char* name(Service service) {
  return word(kService, service);
}
const char* name(DoResult result) {
  return word(kResult, result);
}
const char* name(AbortReason reason) {
  return word(kAbort, reason);
}
const char* name(action::Observe::What what) {
  return word(kWhat, what);
}

std::string to_string(const Event& event) {
  return std::visit(EventText{}, event);
}
std::string to_string(const Action& action) {
  return std::visit(ActionText{}, action);
}

base::Result<Event> parse_event(std::string_view line) {
  Words words(line);
  Event out;
  if (read_event(words.next(), words, out)) return out;
  return base::fail(base::Code::InvalidArgument,
                    fmt::format("not an event: '{}'; allowed are Begin, Preflighted, Recorded, "
                                "Applied, Proven, Observed, FinalReadDone, Restored, "
                                "AbortRequested, Woke and their fields",
                                line));
}

}  // namespace drill
