// Invocations and completions, merged in order of time.
#include "drill/edn.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "drill/vantage.h"

namespace drill {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;

struct Event {
  TimePoint at{};
  const Record* record = nullptr;
  const FinalRead* read = nullptr;
  bool completion = false;
  std::size_t number = 0;
};

/// One outstanding operation per process; a process whose operation ended :info is gone for good.
class Processes {
 public:
  std::uint64_t take() {
    if (free_.empty()) return next_++;
    const std::uint64_t process = free_.back();
    free_.pop_back();
    return process;
  }
  void give_back(std::uint64_t process) { free_.push_back(process); }

 private:
  std::vector<std::uint64_t> free_;
  std::uint64_t next_ = 0;
};

class Writer {
 public:
  Writer(const Evidence& evidence, const std::function<void(std::string_view)>& sink)
      : evidence_(evidence), sink_(sink) {
    for (const StreamInfo& info : evidence.streams) kinds_[info.id] = info.kind;
    if (!evidence.anchors.empty()) start_ = evidence.anchors.front().steady;
  }

  void run() {
    collect();
    for (const Event& event : events_) {
      event.read != nullptr ? final_read(event) : operation(event);
      if (piece_.size() >= kPieceBytes) flush();
    }
    flush();
  }

 private:
  bool exported(const Record& record) const {
    const auto kind = kinds_.find(record.stream);
    if (kind == kinds_.end()) return false;
    return kind->second == StreamKind::Ledger || is_read(record);
  }
  bool is_read(const Record& record) const {
    const StreamKind kind = kinds_.at(record.stream);
    return kind == StreamKind::ReadService || kind == StreamKind::ReadPinned;
  }

  void add(Event event) {
    event.number = events_.size();
    events_.push_back(event);
  }

  void collect() {
    for (const Record& record : evidence_.records) {
      if (!exported(record)) continue;
      // One that was never sent is in the history too, as what it is: attempted when it was due,
      // and failed there and then (or, if only reserved, of unknown outcome).
      const TimePoint at = record.invoked != kNever     ? record.invoked
                           : record.scheduled != kNever ? record.scheduled
                                                        : start_;
      add({at, &record, nullptr, false});
      if (record.completed != kNever) {
        add({std::max(at, record.completed), &record, nullptr, true});
      } else if (record.outcome != Outcome::Info) {
        add({at, &record, nullptr, true});
      } else {
        open_.push_back(&record);
      }
      last_ = std::max(last_, at);
      if (record.completed != kNever) last_ = std::max(last_, record.completed);
    }
    for (const FinalRead& read : evidence_.final_reads) {
      if (read.began == kNever) continue;
      add({read.began, nullptr, &read, false});
      if (read.ended != kNever) add({read.ended, nullptr, &read, true});
    }
    // What never completed is of unknown outcome, known at the end of the history.
    for (const FinalRead& read : evidence_.final_reads) {
      if (read.ended != kNever) last_ = std::max(last_, read.ended);
    }
    for (const Record* record : open_) add({last_, record, nullptr, true});
    // What was invoked and completed at the same instant stays in this order.
    std::sort(events_.begin(), events_.end(), [](const Event& a, const Event& b) {
      return std::tie(a.at, a.completion, a.number) < std::tie(b.at, b.completion, b.number);
    });
  }

  void line(const char* type, std::uint64_t process, const char* f, std::string_view value,
            TimePoint at) {
    fmt::format_to(std::back_inserter(piece_),
                   "{{:index {}, :type :{}, :process {}, :f :{}, :value {}, :time {}}}\n", index_++,
                   type, process, f, value, (at - start_).count());
  }

  std::uint64_t process_of(const void* key, bool completion, bool retire) {
    if (!completion) return busy_[key] = processes_.take();
    const std::uint64_t process = busy_.at(key);
    busy_.erase(key);
    if (!retire) processes_.give_back(process);
    return process;
  }

  void operation(const Event& event) {
    const Record& record = *event.record;
    const bool info = record.outcome == Outcome::Info;
    const std::uint64_t process = process_of(&record, event.completion, info);
    const char* type = event.completion ? name(record.outcome) : "invoke";
    if (is_read(record)) {
      const bool known = event.completion && record.outcome == Outcome::Ok && record.value >= 0;
      line(type, process, "max", known ? std::to_string(record.value) : "nil", event.at);
    } else {
      line(type, process, "add", fmt::format("[{} {}]", record.stream.value(), record.seq),
           event.at);
    }
  }

  void final_read(const Event& event) {
    const FinalRead& read = *event.read;
    const std::uint64_t process = process_of(&read, event.completion, !read.complete);
    if (!event.completion) return line("invoke", process, "read", "nil", event.at);
    if (!read.complete) return line("info", process, "read", "nil", event.at);
    std::string value = "#{";
    std::vector<std::pair<StreamId, std::uint64_t>> rows;
    for (const FinalRow& row : read.rows) {
      const auto kind = kinds_.find(row.stream);
      if (row.hmac_ok && (kind == kinds_.end() || kind->second == StreamKind::Ledger)) {
        rows.emplace_back(row.stream, row.seq);
      }
    }
    // A set has no duplicates; those are counted by the ledger check.
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    for (const auto& [stream, seq] : rows) {
      fmt::format_to(std::back_inserter(value), "{}[{} {}]", value.size() > 2 ? " " : "",
                     stream.value(), seq);
    }
    line("ok", process, "read", value + "}", event.at);
  }

  void flush() {
    if (!piece_.empty()) sink_(piece_);
    piece_.clear();
  }

  const Evidence& evidence_;
  const std::function<void(std::string_view)>& sink_;
  std::map<StreamId, StreamKind> kinds_;
  std::vector<Event> events_;
  std::vector<const Record*> open_;  // without a completion
  TimePoint last_ = TimePoint::min();
  std::map<const void*, std::uint64_t> busy_;
  Processes processes_;
  TimePoint start_{};
  std::uint64_t index_ = 0;
  std::string piece_;
};

}  // namespace

void write_edn(const Evidence& evidence, const std::function<void(std::string_view)>& sink) {
  if (evidence.vantages.empty()) return Writer(evidence, sink).run();
  const Clocks clocks(evidence);
  Evidence united = place(evidence, clocks).united;
  united.anchors = evidence.anchors;
  // A checker orders operations by these times, so they are as wide as they are not known; what has
  // no place among the others is left out.
  const auto unplaced = [&](const auto& item) { return !clocks.fit(clocks.of(item.stream)).known; };
  std::erase_if(united.records, unplaced);
  for (FinalRead& read : united.final_reads) std::erase_if(read.rows, unplaced);
  for (Record& record : united.records) {
    const Duration unsure = clocks.fit(clocks.of(record.stream)).uncertainty;
    record.invoked = earlier(record.invoked, unsure);
    record.completed = later(record.completed, unsure);
  }
  Writer(united, sink).run();
}

}  // namespace drill
