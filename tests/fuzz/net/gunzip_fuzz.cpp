// Packed bodies from anybody: unpacked within the bound or refused, and what we pack ourselves
// comes back whole, or not at all where the bound is a byte less.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "net/gzip.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kBound = std::size_t{1} << 18U;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const std::size_t bound : {kBound, std::size_t{100}, std::size_t{0}}) {
    const auto unpacked = net::gunzip(bytes, bound);
    if (unpacked) {
      CHECK(unpacked->size() <= bound);
      CHECK(net::gunzip(net::gzip(*unpacked), bound).value_or("") == *unpacked);
    } else {
      const base::Code code = unpacked.error().code;
      CHECK(code == base::Code::InvalidArgument || code == base::Code::ResourceExhausted);
    }
  }
  const std::string packed = net::gzip(bytes);
  CHECK(net::gunzip(packed, size).value_or("?") == bytes || size == 0);
  if (size > 0) CHECK(net::gunzip(packed, size - 1).error().code == base::Code::ResourceExhausted);
  return 0;
}
