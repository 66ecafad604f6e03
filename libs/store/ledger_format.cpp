#include "store/ledger_format.h"

#include <algorithm>

#include "store/crc32c.h"

namespace store::ledger_format {

namespace {
constexpr std::size_t kTextBytesMax = 64U << 10U;
constexpr std::size_t kHeaderCrcAt = 20;
}  // namespace

void Encoder::number(std::uint64_t value, int width) {
  for (int i = 0; i < width; ++i) {
    bytes_.push_back(static_cast<char>(value & 0xFFU));
    value >>= 8U;
  }
}

void Encoder::text(std::string_view value) {
  value = value.substr(0, kTextBytesMax);
  u32(static_cast<std::uint32_t>(value.size()));
  bytes_.append(value);
}

void Encoder::record(const drill::Record& record) {
  u16(record.stream.value());
  u8(static_cast<std::uint8_t>(record.outcome));
  u8(static_cast<std::uint8_t>(record.cause));
  u16(record.server_id);
  u16(0);
  u32(record.server_term);
  u32(0);
  u64(record.seq);
  time(record.scheduled);
  time(record.invoked);
  time(record.completed);
  u64(record.server_position);
  u64(static_cast<std::uint64_t>(record.value));
}

void Encoder::stream(const drill::StreamInfo& info) {
  u16(info.id.value());
  u8(static_cast<std::uint8_t>(info.kind));
  u8(info.decides ? 1 : 0);
  duration(info.interval);
  duration(info.deadline);
  text(info.name);
  text(info.probe);
  text(info.instance);
  text(info.endpoint);
}

void Encoder::reservation(const Reservation& reservation) {
  u16(reservation.stream.value());
  u64(reservation.first_seq);
  u64(reservation.last_seq);
  time(reservation.first_due);
  duration(reservation.interval);
}

std::uint64_t Decoder::number(std::size_t width) {
  if (bytes_.size() < width) {
    ok_ = false;
    bytes_ = {};
    return 0;
  }
  std::uint64_t value = 0;
  for (std::size_t i = width; i > 0; --i) {
    value = (value << 8U) | static_cast<unsigned char>(bytes_[i - 1]);
  }
  bytes_.remove_prefix(width);
  return value;
}

std::string Decoder::text() {
  const std::size_t length = u32();
  if (length > kTextBytesMax || length > bytes_.size()) {
    ok_ = false;
    bytes_ = {};
    return {};
  }
  std::string out(bytes_.substr(0, length));
  bytes_.remove_prefix(length);
  return out;
}

drill::Record Decoder::record() {
  drill::Record out;
  out.stream = drill::StreamId(u16());
  const auto outcome = u8();
  const auto cause = u8();
  if (outcome > static_cast<std::uint8_t>(drill::Outcome::Info) ||
      cause > static_cast<std::uint8_t>(drill::Cause::Stopped)) {
    ok_ = false;
  }
  out.outcome = static_cast<drill::Outcome>(outcome);
  out.cause = static_cast<drill::Cause>(cause);
  out.server_id = u16();
  u16();
  out.server_term = u32();
  u32();
  out.seq = u64();
  out.scheduled = time();
  out.invoked = time();
  out.completed = time();
  out.server_position = u64();
  out.value = static_cast<std::int64_t>(u64());
  return out;
}

drill::StreamInfo Decoder::stream() {
  drill::StreamInfo out;
  out.id = drill::StreamId(u16());
  const auto kind = u8();
  if (kind > static_cast<std::uint8_t>(drill::StreamKind::Names)) {
    ok_ = false;
  }
  out.kind = static_cast<drill::StreamKind>(kind);
  out.decides = u8() != 0;
  out.interval = duration();
  out.deadline = duration();
  out.name = text();
  out.probe = text();
  out.instance = text();
  out.endpoint = text();
  return out;
}

Reservation Decoder::reservation() {
  Reservation out;
  out.stream = drill::StreamId(u16());
  out.first_seq = u64();
  out.last_seq = u64();
  out.first_due = time();
  out.interval = duration();
  constexpr std::uint64_t kSeqMax = std::uint64_t{1} << 62U;
  if (out.first_seq == 0 || out.last_seq < out.first_seq || out.last_seq > kSeqMax ||
      out.last_seq - out.first_seq >= kReservedOperationsMax || out.interval.count() < 0 ||
      out.interval > base::seconds(86'400)) {
    ok_ = false;
  }
  return out;
}

std::string frame(Kind kind, std::uint64_t durable, std::string_view payload) {
  Encoder header;
  header.u32(static_cast<std::uint32_t>(payload.size()));
  header.u32(static_cast<std::uint32_t>(kind));
  header.u64(durable);
  header.u32(crc32c(payload));
  header.u32(crc32c(header.bytes()));
  std::string out = header.bytes();
  out.append(payload);
  return out;
}

std::optional<Frame> parse_frame(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes) {
    return std::nullopt;
  }
  Decoder header(bytes.substr(0, kHeaderBytes));
  const std::size_t length = header.u32();
  const std::uint32_t kind = header.u32();
  const std::uint64_t durable = header.u64();
  const std::uint32_t payload_crc = header.u32();
  const std::uint32_t header_crc = header.u32();
  if (length > kPayloadBytesMax || header_crc != crc32c(bytes.substr(0, kHeaderCrcAt)) ||
      bytes.size() - kHeaderBytes < length) {
    return std::nullopt;
  }
  const auto payload = bytes.substr(kHeaderBytes, length);
  if (payload_crc != crc32c(payload)) {
    return std::nullopt;
  }
  return Frame{static_cast<Kind>(kind), durable, payload, kHeaderBytes + length};
}

}  // namespace store::ledger_format
