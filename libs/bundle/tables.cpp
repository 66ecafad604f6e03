#include "bundle/tables.h"

#include <limits>

#include "bundle/columns.h"

namespace bundle {
namespace {

using drill::kNever;
using drill::Record;
using drill::TimePoint;

constexpr std::size_t kOperationColumns = 10;
constexpr std::size_t kRowColumns = 3;
constexpr std::size_t kLoadColumns = 7;
constexpr std::uint64_t kOutcomeBits = 3;
constexpr std::uint64_t kNoSchedule = 4, kNoInvocation = 8, kNoCompletion = 16;
constexpr std::uint64_t kLoadOk = 1, kLoadNoStart = 2, kLoadNoEnd = 4;
constexpr auto kCauseLast = static_cast<std::uint64_t>(drill::Cause::Stopped);

std::uint64_t nanos(TimePoint at) {
  return static_cast<std::uint64_t>(at.time_since_epoch().count());
}
TimePoint stamp(std::uint64_t value) {
  return TimePoint(drill::Duration(static_cast<std::int64_t>(value)));
}

/// A value of a narrower type; what does not fit makes the table wrong.
template <class T>
T narrow(std::uint64_t value, bool& fits) {
  fits &= value <= std::numeric_limits<T>::max();
  return static_cast<T>(value);
}

/// A column of differences to the row before.
template <class Rows, class Value>
void put_deltas(ColumnWriter& out, const Rows& rows, Value value) {
  std::uint64_t before = 0;
  for (const auto& row : rows) {
    const std::uint64_t now = value(row);
    out.put_difference(now, before);
    before = now;
  }
}

template <class Rows, class Set>
void take_deltas(ColumnReader& in, Rows& rows, Set set) {
  std::uint64_t before = 0;
  for (auto& row : rows) {
    before = in.next_from(before);
    set(row, before);
  }
}

/// A stamp column whose rows without a stamp are passed over.
template <class Rows, class Stamp>
void put_stamps(ColumnWriter& out, const Rows& rows, Stamp of) {
  std::uint64_t before = 0;
  for (const auto& row : rows) {
    const TimePoint at = of(row);
    if (at == kNever) {
      out.put(0);
      continue;
    }
    out.put_difference(nanos(at), before);
    before = nanos(at);
  }
}

template <class Rows, class Absent, class Set>
void take_stamps(ColumnReader& in, Rows& rows, Absent absent, Set set) {
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (absent(i)) {
      in.next();
      set(rows[i], kNever);
      continue;
    }
    before = in.next_from(before);
    set(rows[i], stamp(before));
  }
}

std::uint64_t invoked_base(const Record& r) {
  return r.scheduled == kNever ? 0 : nanos(r.scheduled);
}
std::uint64_t completed_base(const Record& r) {
  return r.invoked == kNever ? invoked_base(r) : nanos(r.invoked);
}

std::uint64_t state_of(const Record& r) {
  return static_cast<std::uint64_t>(r.outcome) | (r.scheduled == kNever ? kNoSchedule : 0) |
         (r.invoked == kNever ? kNoInvocation : 0) | (r.completed == kNever ? kNoCompletion : 0);
}

}  // namespace

std::string operations_table(std::span<const Record> records) {
  ColumnWriter out(records.size());
  put_deltas(out, records, [](const Record& r) { return r.seq; });
  for (const Record& r : records) out.put(state_of(r));
  for (const Record& r : records) out.put(static_cast<std::uint64_t>(r.cause));
  put_stamps(out, records, [](const Record& r) { return r.scheduled; });
  for (const Record& r : records) {
    out.put_difference(r.invoked == kNever ? invoked_base(r) : nanos(r.invoked), invoked_base(r));
  }
  for (const Record& r : records) {
    const std::uint64_t base = completed_base(r);
    out.put_difference(r.completed == kNever ? base : nanos(r.completed), base);
  }
  put_deltas(out, records, [](const Record& r) { return std::uint64_t{r.server_id}; });
  put_deltas(out, records, [](const Record& r) { return std::uint64_t{r.server_term}; });
  put_deltas(out, records, [](const Record& r) { return r.server_position; });
  put_deltas(out, records, [](const Record& r) { return static_cast<std::uint64_t>(r.value); });
  return out.take();
}

bool read_operations(std::string_view bytes, drill::StreamId stream, std::vector<Record>& out) {
  ColumnReader in(bytes, kOperationColumns);
  const std::size_t first = out.size();
  out.resize(first + in.rows());
  const std::span<Record> rows = std::span(out).subspan(first);
  bool fits = true;
  std::vector<std::uint8_t> states(rows.size());
  for (Record& r : rows) r.stream = stream;
  take_deltas(in, rows, [](Record& r, std::uint64_t v) { r.seq = v; });
  for (std::size_t i = 0; i < rows.size(); ++i) {
    states[i] = narrow<std::uint8_t>(in.next(), fits);
    fits &= (states[i] & kOutcomeBits) <= 2 && states[i] < 2 * kNoCompletion;
    rows[i].outcome = static_cast<drill::Outcome>(states[i] & kOutcomeBits);
  }
  for (Record& r : rows) {
    const std::uint64_t cause = in.next();
    fits &= cause <= kCauseLast;
    r.cause = static_cast<drill::Cause>(cause <= kCauseLast ? cause : 0);
  }
  take_stamps(
      in, rows, [&](std::size_t i) { return (states[i] & kNoSchedule) != 0; },
      [](Record& r, TimePoint at) { r.scheduled = at; });
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint64_t at = in.next_from(invoked_base(rows[i]));
    rows[i].invoked = (states[i] & kNoInvocation) != 0 ? kNever : stamp(at);
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint64_t at = in.next_from(completed_base(rows[i]));
    rows[i].completed = (states[i] & kNoCompletion) != 0 ? kNever : stamp(at);
  }
  take_deltas(in, rows,
              [&](Record& r, std::uint64_t v) { r.server_id = narrow<std::uint16_t>(v, fits); });
  take_deltas(in, rows,
              [&](Record& r, std::uint64_t v) { r.server_term = narrow<std::uint32_t>(v, fits); });
  take_deltas(in, rows, [](Record& r, std::uint64_t v) { r.server_position = v; });
  take_deltas(in, rows, [](Record& r, std::uint64_t v) { r.value = static_cast<std::int64_t>(v); });
  return in.ended_well() && fits;
}

std::string rows_table(std::span<const drill::FinalRow> rows) {
  ColumnWriter out(rows.size());
  put_deltas(out, rows, [](const drill::FinalRow& r) { return std::uint64_t{r.stream.value()}; });
  put_deltas(out, rows, [](const drill::FinalRow& r) { return r.seq; });
  for (const drill::FinalRow& r : rows) out.put(r.hmac_ok ? 1 : 0);
  return out.take();
}

bool read_rows(std::string_view bytes, std::vector<drill::FinalRow>& out) {
  ColumnReader in(bytes, kRowColumns);
  out.resize(in.rows());
  bool fits = true;
  take_deltas(in, out, [&](drill::FinalRow& r, std::uint64_t v) {
    r.stream = drill::StreamId(narrow<std::uint16_t>(v, fits));
  });
  take_deltas(in, out, [](drill::FinalRow& r, std::uint64_t v) { r.seq = v; });
  for (drill::FinalRow& r : out) {
    const std::uint64_t intact = in.next();
    fits &= intact <= 1;
    r.hmac_ok = intact == 1;
  }
  return in.ended_well() && fits;
}

std::string load_table(std::span<const drill::LoadSample> samples) {
  using drill::LoadSample;
  ColumnWriter out(samples.size());
  for (const LoadSample& s : samples) out.put(s.operation);
  for (const LoadSample& s : samples) out.put(s.user);
  for (const LoadSample& s : samples) {
    out.put((s.ok ? kLoadOk : 0) | (s.intended == kNever ? kLoadNoStart : 0) |
            (s.completed == kNever ? kLoadNoEnd : 0));
  }
  for (const LoadSample& s : samples) out.put(static_cast<std::uint64_t>(s.cause));
  put_stamps(out, samples, [](const LoadSample& s) { return s.intended; });
  for (const LoadSample& s : samples) {
    const std::uint64_t base = s.intended == kNever ? 0 : nanos(s.intended);
    out.put_difference(s.completed == kNever ? base : nanos(s.completed), base);
  }
  for (const LoadSample& s : samples) out.put(zigzag(s.service_time.count()));
  return out.take();
}

bool read_load(std::string_view bytes, std::vector<drill::LoadSample>& out) {
  using drill::LoadSample;
  ColumnReader in(bytes, kLoadColumns);
  out.resize(in.rows());
  bool fits = true;
  std::vector<std::uint8_t> states(out.size());
  for (LoadSample& s : out) s.operation = narrow<std::uint16_t>(in.next(), fits);
  for (LoadSample& s : out) s.user = narrow<std::uint16_t>(in.next(), fits);
  for (std::size_t i = 0; i < out.size(); ++i) {
    states[i] = narrow<std::uint8_t>(in.next(), fits);
    fits &= states[i] < 2 * kLoadNoEnd;
    out[i].ok = (states[i] & kLoadOk) != 0;
  }
  for (LoadSample& s : out) {
    const std::uint64_t cause = in.next();
    fits &= cause <= kCauseLast;
    s.cause = static_cast<drill::Cause>(cause <= kCauseLast ? cause : 0);
  }
  take_stamps(
      in, out, [&](std::size_t i) { return (states[i] & kLoadNoStart) != 0; },
      [](LoadSample& s, TimePoint at) { s.intended = at; });
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::uint64_t base = out[i].intended == kNever ? 0 : nanos(out[i].intended);
    const std::uint64_t at = in.next_from(base);
    out[i].completed = (states[i] & kLoadNoEnd) != 0 ? kNever : stamp(at);
  }
  for (LoadSample& s : out) s.service_time = drill::Duration(unzigzag(in.next()));
  return in.ended_well() && fits;
}

}  // namespace bundle
