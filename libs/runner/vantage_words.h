// What the runner and another vantage of its drill say to each other: lines of JSON, a question and
// its answer, never anything unasked. Every answer says all there is to know (who answers, how far
// it is, its clock), so that after a broken connection any question is a good one; none does harm
// when it is asked again. The stamp in an answer was read between the question and the answer: each
// is a comparison of both clocks (drill/vantage.h).
//   Look          nothing but the answer
//   Begin         measure for this drill
//   StopWriting   end the ledger streams and await their acknowledgements, before the table is read
//   Finish        end everything and make the records ready
//   Fetch         a piece of the records from this offset on
//   Leave         they were all received
// Pure. Lines come from another process: whatever is not as it should be is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace runner {

inline constexpr std::int64_t kVantageProtocol = 1;
inline constexpr std::size_t kVantageLineMax = std::size_t{1} << 20U;
inline constexpr std::size_t kVantagePiece = std::size_t{192} << 10U;
/// Of the records: some ten million operations. More are not taken from another process.
inline constexpr std::uint64_t kVantageBytesMax = std::uint64_t{512} << 20U;

enum class VantageWish : std::uint8_t { Look, Begin, StopWriting, Finish, Fetch, Leave };
const char* name(VantageWish wish);

struct VantageAsk {
  std::uint64_t number = 0;  // which the answer has too
  VantageWish wish = VantageWish::Look;
  // Of Begin.
  std::string drill{};      // its id, which is a folder's name
  std::string plan{};       // digest of the plan that is measured by
  std::string key{};        // bytes that the ledger's rows are signed with
  std::size_t vantage = 1;  // which one this is
  // Of Fetch.
  std::uint64_t offset = 0;

  bool operator==(const VantageAsk&) const = default;
};

enum class VantageState : std::uint8_t {
  Idle,
  Beginning,
  Measuring,
  Stopping,  // awaits the acknowledgements of its writes
  Stopped,   // goes on with everything but writing
  Finishing,
  Finished,  // its records are ready
  Failed,
};
const char* name(VantageState state);

struct VantageAnswer {
  std::uint64_t number = 0;
  std::string run{};    // another one: another process, which knows nothing of the one before
  std::string place{};  // for people
  VantageState state = VantageState::Idle;
  std::string why{};        // it failed; else what its figures suffer from
  base::TimePoint now{};    // its steady clock
  std::uint64_t bytes = 0;  // of the records, when it has finished
  std::string piece{};      // of the records

  bool operator==(const VantageAnswer&) const = default;
};

/// With the line's end.
std::string to_line(const VantageAsk& ask);
std::string to_line(const VantageAnswer& answer);
/// Errors: InvalidArgument.
base::Result<VantageAsk> parse_vantage_ask(std::string_view line);
base::Result<VantageAnswer> parse_vantage_answer(std::string_view line);

/// How a plan's document is known to be the same for both.
std::string plan_digest(std::string_view document);

}  // namespace runner
