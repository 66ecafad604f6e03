// The HdrHistogram V2 binary form, written and read from its published description: a big-endian
// header (cookie, payload length, normalising offset, digits, lowest, highest, conversion ratio),
// then one ZigZag LEB128 number per count; a negative number -n stands for n counts of zero. A
// number takes nine bytes at most: the ninth carries eight bits and no continuation flag.
#include <algorithm>
#include <bit>
#include <limits>

#include "load/histogram.h"

namespace load {

namespace {
constexpr std::uint32_t kCookie = 0x1c849313;
constexpr std::uint32_t kCookieCompressed = 0x1c849314;
constexpr std::size_t kHeaderBytes = 40;
constexpr std::size_t kStoredBlockMax = 65535;

void put_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int at = bytes - 1; at >= 0; --at)
    out.push_back(static_cast<char>((value >> (8 * at)) & 0xff));
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = (value << 8) | static_cast<unsigned char>(byte);
  return value;
}

void put_zigzag(std::string& out, std::int64_t number) {
  auto rest = (static_cast<std::uint64_t>(number) << 1) ^ static_cast<std::uint64_t>(number >> 63);
  for (int byte = 0; byte < 8; ++byte) {
    if (rest < 0x80) {
      out.push_back(static_cast<char>(rest));
      return;
    }
    out.push_back(static_cast<char>((rest & 0x7f) | 0x80));
    rest >>= 7;
  }
  out.push_back(static_cast<char>(rest));
}

/// Takes one number off the front; false when the bytes end inside it.
bool take_zigzag(std::string_view& bytes, std::int64_t& number) {
  std::uint64_t value = 0;
  for (std::size_t at = 0; at < 9; ++at) {
    if (at >= bytes.size()) return false;
    const auto byte = static_cast<unsigned char>(bytes[at]);
    value |= std::uint64_t{at == 8 ? byte : byte & 0x7fu} << (7 * at);
    if (at == 8 || (byte & 0x80) == 0) {
      bytes.remove_prefix(at + 1);
      number = static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
      return true;
    }
  }
  return false;
}

std::uint32_t adler32(std::string_view bytes) {
  std::uint32_t low = 1, high = 0;
  for (const char byte : bytes) {
    low = (low + static_cast<unsigned char>(byte)) % 65521;
    high = (high + low) % 65521;
  }
  return (high << 16) | low;
}

/// RFC 1950 and 1951: a zlib stream of stored blocks.
std::string zlib_stored(std::string_view bytes) {
  std::string out = "\x78\x01";
  std::string_view rest = bytes;
  do {
    const std::string_view block = rest.substr(0, kStoredBlockMax);
    rest.remove_prefix(block.size());
    const auto size = static_cast<std::uint16_t>(block.size());
    out.push_back(rest.empty() ? '\x01' : '\x00');
    for (const unsigned number : {unsigned{size}, unsigned{size} ^ 0xffffu}) {
      out.push_back(static_cast<char>(number & 0xff));
      out.push_back(static_cast<char>(number >> 8));
    }
    out.append(block);
  } while (!rest.empty());
  put_big_endian(out, adler32(bytes), 4);
  return out;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - at);
    std::uint64_t group = big_endian(bytes.substr(at, have)) << (8 * (3 - have));
    for (std::size_t digit = 0; digit < 4; ++digit) {
      out.push_back(digit <= have ? kAlphabet[(group >> (18 - 6 * digit)) & 63] : '=');
    }
  }
  return out;
}

tl::unexpected<base::Error> broken(const char* what) {
  return base::fail(base::Code::DataLoss, std::string("histogram: ") + what);
}
}  // namespace

std::string Histogram::encode() const {
  std::string payload;
  if (counts_.empty()) put_zigzag(payload, 0);  // other readers expect one count at least
  for (std::size_t at = 0; at < counts_.size();) {
    std::size_t end = at;
    while (end < counts_.size() && counts_[end] == 0) ++end;
    const auto zeros = static_cast<std::int64_t>(end - at);
    if (zeros > 1) {
      put_zigzag(payload, -zeros);
      at = end;
    } else {
      put_zigzag(payload, static_cast<std::int64_t>(counts_[at]));
      ++at;
    }
  }
  std::string out;
  put_big_endian(out, kCookie, 4);
  put_big_endian(out, payload.size(), 4);
  put_big_endian(out, 0, 4);
  put_big_endian(out, static_cast<std::uint64_t>(shape_.digits), 4);
  put_big_endian(out, static_cast<std::uint64_t>(shape_.lowest), 8);
  put_big_endian(out, static_cast<std::uint64_t>(shape_.highest), 8);
  put_big_endian(out, std::bit_cast<std::uint64_t>(1.0), 8);
  return out + payload;
}

std::string Histogram::encode_for_log() const {
  const std::string packed = zlib_stored(encode());
  std::string out;
  put_big_endian(out, kCookieCompressed, 4);
  put_big_endian(out, packed.size(), 4);
  return base64(out + packed);
}

base::Result<Histogram> Histogram::decode(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes) return broken("shorter than its header of 40 bytes");
  if (big_endian(bytes.substr(0, 4)) != kCookie) return broken("not HdrHistogram V2");
  if (big_endian(bytes.substr(4, 4)) != bytes.size() - kHeaderBytes) {
    return broken("payload length does not match");
  }
  if (big_endian(bytes.substr(8, 4)) != 0) return broken("a normalising offset is not supported");
  if (std::bit_cast<double>(big_endian(bytes.substr(32, 8))) != 1.0) {
    return broken("a conversion ratio other than 1 is not supported");
  }
  HistogramShape shape;
  shape.digits = static_cast<int>(std::min<std::uint64_t>(big_endian(bytes.substr(12, 4)), 99));
  shape.lowest = static_cast<std::int64_t>(big_endian(bytes.substr(16, 8)));
  shape.highest = static_cast<std::int64_t>(big_endian(bytes.substr(24, 8)));
  TRY(Histogram histogram, create(shape));
  TRY(histogram.decode_counts(bytes.substr(kHeaderBytes)));
  return histogram;
}

base::Result<> Histogram::decode_counts(std::string_view payload) {
  std::size_t at = 0;
  while (!payload.empty()) {
    std::int64_t number = 0;
    if (!take_zigzag(payload, number)) return broken("cut off inside a count");
    if (number < 0) {
      const std::uint64_t zeros = ~static_cast<std::uint64_t>(number) + 1;
      if (zeros > length_max_ - at) return broken("more counts than the range has");
      at += static_cast<std::size_t>(zeros);
      continue;
    }
    if (at >= length_max_) return broken("more counts than the range has");
    const auto times = static_cast<std::uint64_t>(number);
    if (times > std::numeric_limits<std::uint64_t>::max() - total_)
      return broken("counts overflow");
    if (times > 0) {
      // The exact extremes are not in the form: the bucket's ends stand for them.
      if (total_ == 0) min_ = lowest_of(at);
      max_ = lowest_of(at) + (width_of(at) - 1);
      add(at, times);
    }
    ++at;
  }
  return {};
}

}  // namespace load
