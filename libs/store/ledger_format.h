// The frames of a ledger file. Little-endian throughout; all times in nanoseconds.
//
//   file   = "MUSTERL1" frame*
//   frame  = length:u32 kind:u32 durable:u64 payload_crc:u32 header_crc:u32 payload
//
// `durable` is how much of the file had been synced when the frame was written; `header_crc` covers
// the 20 bytes before it, so that a length can be trusted before the payload is there. A change of
// any payload is a new magic: a reader never guesses.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "drill/evidence.h"
#include "drill/record.h"
#include "store/ledger.h"

namespace store::ledger_format {

inline constexpr std::string_view kMagic = "MUSTERL1";
inline constexpr std::size_t kHeaderBytes = 24;
inline constexpr std::size_t kRecordBytes = 64;
inline constexpr std::size_t kPayloadBytesMax = 16U << 20U;
/// More operations than any stream has in a reservation; keeps a damaged file from filling memory.
inline constexpr std::uint64_t kReservedOperationsMax = 1'000'000;

enum class Kind : std::uint32_t {
  Begin = 1,    // drill id
  Anchor = 2,   // steady, wall
  Stream = 3,   // a StreamInfo
  Server = 4,   // id, name, instance
  Reserve = 5,  // Reservation*
  Records = 6,  // Record*
  Release = 7,  // stream, last seq used
  Stall = 8,    // stream, from, to
  End = 9,      // nothing follows
};

/// Appends to a payload.
class Encoder {
 public:
  void u8(std::uint8_t value) { number(value, 1); }
  void u16(std::uint16_t value) { number(value, 2); }
  void u32(std::uint32_t value) { number(value, 4); }
  void u64(std::uint64_t value) { number(value, 8); }
  void time(base::TimePoint at) { u64(static_cast<std::uint64_t>(at.time_since_epoch().count())); }
  void duration(base::Duration length) { u64(static_cast<std::uint64_t>(length.count())); }
  void text(std::string_view value);
  void record(const drill::Record& record);
  void stream(const drill::StreamInfo& info);
  void reservation(const Reservation& reservation);

  const std::string& bytes() const { return bytes_; }

 private:
  void number(std::uint64_t value, int width);
  std::string bytes_;
};

/// Takes from a payload. Running over its end or a number out of range makes it not ok() and gives
/// zeros from there on; callers check ok() once, at the end.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : bytes_(bytes) {}
  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }
  base::TimePoint time() { return base::TimePoint(duration()); }
  base::Duration duration() { return base::Duration(static_cast<std::int64_t>(u64())); }
  std::string text();
  drill::Record record();
  drill::StreamInfo stream();
  Reservation reservation();

  bool ok() const { return ok_; }
  bool at_end() const { return bytes_.empty(); }
  void refuse() { ok_ = false; }

 private:
  std::uint64_t number(std::size_t width);
  std::string_view bytes_;
  bool ok_ = true;
};

/// A whole frame.
std::string frame(Kind kind, std::uint64_t durable, std::string_view payload);

struct Frame {
  Kind kind{};
  std::uint64_t durable = 0;
  std::string_view payload;
  std::size_t size = 0;  // with its header
};
/// The frame at the begin of `bytes`; nothing when it is cut off or a checksum does not match.
/// Lifetime: the payload points into `bytes`.
std::optional<Frame> parse_frame(std::string_view bytes);

}  // namespace store::ledger_format
