// Each operation's word about the service: good, bad, or nothing at all (measurement.md §1, §7).
// Written from the document, not from the engine: that two programs by different roads come to the
// same figures is the point of this folder.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "drill/evidence.h"

namespace verify {

using base::Duration;
using base::kNever;
using base::TimePoint;

enum class Word : std::uint8_t { Good, Bad, Nothing };

struct Operation {
  TimePoint at{};  // invoked; due where it never was
  TimePoint done = kNever;
  Duration latency{};  // from the due time; of acknowledged ones
  Word word = Word::Nothing;
  const drill::Record* record = nullptr;

  bool good() const { return word == Word::Good; }
  bool bad() const { return word == Word::Bad; }
  bool acknowledged() const { return record->outcome == drill::Outcome::Ok; }
};

/// A stream and what it saw, in order of invocation.
struct Stream {
  const drill::StreamInfo* info = nullptr;
  std::span<const drill::Record> records;
  std::vector<Operation> operations;
  bool decides = false;
};

/// "" or what in the records makes arithmetic on them meaningless: a stamp or a duration beyond
/// ± 2^59 ns (18 years), an operation that was never due.
std::string implausible(const drill::Evidence& evidence);

/// Every time for which no operation of any stream began or ended, although one was due.
std::vector<drill::Stall> silences(const drill::Evidence& evidence);

/// All streams, in the order of the evidence. Lifetime: the evidence outlives them.
std::vector<Stream> streams_of(const drill::Evidence& evidence,
                               std::span<const drill::Stall> silences);

}  // namespace verify
