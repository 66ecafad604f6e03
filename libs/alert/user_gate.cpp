#include "alert/user_gate.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace alert {

namespace {

constexpr base::Duration kReportHolds = base::seconds(90);
constexpr base::Duration kSoon = base::seconds(1);
constexpr base::Duration kNotCounted{-1};

std::size_t bucket_of(double seconds) {
  const auto* const bound = std::lower_bound(kWaitBounds.begin(), kWaitBounds.end(), seconds);
  return static_cast<std::size_t>(bound - kWaitBounds.begin());
}

void add(Wakes& all, Wakes more) {
  all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

UserGate::UserGate(UserGateSettings settings)
    : settings_(std::move(settings)), users_(settings_.users) {}

/// What the cores tell is put in order by a lock, and their clocks were read before.
void UserGate::advance(base::TimePoint now) {
  now_ = std::max(now_, now);
}

Wakes UserGate::use(UserGateSettings settings, base::TimePoint now) {
  advance(now);
  settings_ = std::move(settings);
  users_.use(settings_.users);
  Wakes wakes;
  for (auto& [user, line] : lines_) add(wakes, admit(user, line));
  return wakes;
}

UserGate::Line& UserGate::line_of(UserId user) {
  const auto [it, made] = lines_.try_emplace(user);
  if (made) it->second.since = now_;
  return it->second;
}

Move UserGate::arrive(UserId user, std::size_t core, base::TimePoint now) {
  advance(now);
  if (!users_.enter(user, now_)) return no_place();
  Line& line = line_of(user);
  const Waiter waiter{++last_, core, now_, now_ + line.answer.delay};
  const bool held_up = line.answer.delay.count() > 0 || line.running >= places(line);
  if (!settings_.enforced && held_up) ++counts_.would_wait;
  line.waiting.push_back(waiter);
  Move move = turn_of(user, line, waiter.number);
  if (move.turn == Turn::Wait && line.waiting.size() > settings_.waiting_max) {
    line.waiting.pop_back();
    ++counts_.full;
    move.turn = Turn::Full;
    move.come_back = kSoon;
  }
  return move;
}

Move UserGate::no_place() {
  Move move;
  if (!settings_.enforced) {
    ++counts_.would_refuse;
    return move;
  }
  ++counts_.no_place;
  move.turn = Turn::NoPlace;
  move.come_back = std::max(users_.room_in(now_), kSoon);
  return move;
}

/// By what the answer says, also where it is not enforced: may_run() is what lets them all in.
std::size_t UserGate::places(const Line& line) const {
  const double quota = std::max(settings_.users.quota.concurrent_requests, 1.0);
  const auto all = static_cast<std::size_t>(quota);
  if (line.answer.remedy == Remedy::Isolate) return 1;
  return line.answer.remedy == Remedy::Queue ? std::max<std::size_t>(all / 2, 1) : all;
}

bool UserGate::may_run(const Waiter& waiter) const {
  return !settings_.enforced || now_ >= waiter.free_at;
}

std::size_t UserGate::demand(const Line& line) const {
  const auto ready = std::count_if(line.waiting.begin(), line.waiting.end(),
                                   [this](const Waiter& waiter) { return may_run(waiter); });
  return line.running + static_cast<std::size_t>(ready);
}

/// Gives what places there are to who is first in the line.
Wakes UserGate::admit(UserId user, Line& line) {
  line.peak = std::max(line.peak, demand(line));
  Wakes wakes;
  for (auto at = line.waiting.begin(); at != line.waiting.end();) {
    if (settings_.enforced && line.running >= places(line)) break;
    if (!may_run(*at)) {
      ++at;
      continue;
    }
    static_cast<void>(users_.begin(user, now_));
    ++line.running;
    wakes.push_back({at->core, at->number});
    line.granted.push_back(*at);
    at = line.waiting.erase(at);
  }
  return wakes;
}

bool UserGate::take_granted(Line& line, std::uint64_t number) {
  const auto it = std::ranges::find(line.granted, number, &Waiter::number);
  if (it == line.granted.end()) return false;
  const base::Duration waited = now_ - it->arrived;
  line.granted.erase(it);
  if (waited.count() == 0) {
    ++counts_.at_once;
    return true;
  }
  const double seconds = base::to_millis(waited) / 1000;
  ++counts_.waited;
  ++counts_.waits[bucket_of(seconds)];
  counts_.wait_seconds += seconds;
  return true;
}

Move UserGate::turn_of(UserId user, Line& line, std::uint64_t number) {
  Move move;
  move.number = number;
  move.wakes = admit(user, line);
  std::erase_if(move.wakes, [number](const Wake& wake) { return wake.number == number; });
  if (take_granted(line, number)) return move;
  const auto it = std::ranges::find(line.waiting, number, &Waiter::number);
  CHECK(it != line.waiting.end());
  const base::TimePoint latest = it->arrived + settings_.wait_max;
  if (now_ >= latest) {
    line.waiting.erase(it);
    ++counts_.late;
    move.turn = Turn::Late;
    move.come_back = kSoon;
    return move;
  }
  move.turn = Turn::Wait;
  move.ask_at = now_ < it->free_at ? std::min(it->free_at, latest) : latest;
  return move;
}

Move UserGate::ask(UserId user, std::uint64_t number, base::TimePoint now) {
  advance(now);
  return turn_of(user, line_of(user), number);
}

Wakes UserGate::abandon(UserId user, std::uint64_t number, base::TimePoint now) {
  advance(now);
  ++counts_.abandoned;
  Line& line = line_of(user);
  const auto mine = [number](const Waiter& waiter) { return waiter.number == number; };
  if (std::erase_if(line.granted, mine) > 0) return end(user, kNotCounted, now);
  std::erase_if(line.waiting, mine);
  return {};
}

Wakes UserGate::end(UserId user, base::Duration response, base::TimePoint now) {
  advance(now);
  Line& line = line_of(user);
  CHECK(line.running > 0);
  --line.running;
  users_.end(user, response, now_);
  return admit(user, line);
}

bool UserGate::report(UserId user, Reported what, double value, base::TimePoint now) {
  advance(now);
  const auto it = lines_.find(user);
  const bool known = it != lines_.end();
  ++(known ? counts_.reports : counts_.reports_of_nobody);
  if (known) it->second.reports[static_cast<std::size_t>(what)] = Report{value, now_};
  return known;
}

UserUsage UserGate::usage_of(const Line& line) const {
  const auto value = [&](Reported what) -> std::optional<double> {
    const auto& report = line.reports[static_cast<std::size_t>(what)];
    if (!report || now_ - report->at > kReportHolds) return std::nullopt;
    return report->value;
  };
  UserUsage usage;
  usage.memory_bytes = value(Reported::Memory);
  usage.cpu_percent = value(Reported::Cpu);
  usage.database_connections = value(Reported::DatabaseConnections);
  usage.concurrent_requests = static_cast<double>(line.peak);
  return usage;
}

void UserGate::judge(UserId user, Line& line) {
  const auto rank = settings_.ranks.find(user);
  line.usage = usage_of(line);
  auto judgement = users_.judge(
      user, line.usage, rank == settings_.ranks.end() ? Rank::Normal : rank->second, line.peak);
  if (!judgement) return;
  for (const Violated& one : judgement->violated) {
    ++counts_.violations[static_cast<std::size_t>(one.violation)];
    ++line.violations[static_cast<std::size_t>(one.violation)];
  }
  line.violated = std::move(judgement->violated);
  line.answer = judgement->answer;
  line.peak = 0;  // admit() begins anew with what is there
}

Wakes UserGate::look(base::TimePoint now) {
  advance(now);
  users_.end_idle(now_);
  Wakes wakes;
  for (auto it = lines_.begin(); it != lines_.end();) {
    auto& [user, line] = *it;
    if (line.empty() && !users_.figures(user)) {
      it = lines_.erase(it);
      continue;
    }
    judge(user, line);
    add(wakes, admit(user, line));
    ++it;
  }
  return wakes;
}

std::vector<UserRow> UserGate::rows() const {
  std::vector<UserRow> rows;
  for (const auto& [user, line] : lines_) {
    UserRow row;
    row.user = user;
    row.known_for = now_ - line.since;
    row.running = line.running;
    row.waiting = line.waiting.size();
    row.figures = users_.figures(user).value_or(UserFiguresNow{});
    row.usage = line.usage;
    row.violated = line.violated;
    row.violations = line.violations;
    row.answer = line.answer;
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace alert
