#include "aio/entropy.h"

#include <errno.h>
#include <sys/random.h>

#include "base/check.h"

namespace aio {

namespace {
void fill(char* into, std::size_t length) {
  while (length > 0) {
    const auto got = getrandom(into, length, 0);
    CHECK(got > 0 || errno == EINTR);
    if (got > 0) {
      into += got;
      length -= static_cast<std::size_t>(got);
    }
  }
}
}  // namespace

std::uint64_t seed() {
  std::uint64_t value = 0;
  fill(reinterpret_cast<char*>(&value), sizeof value);
  return value;
}

std::string random_bytes(std::size_t bytes) {
  std::string out(bytes, '\0');
  fill(out.data(), bytes);
  return out;
}

}  // namespace aio
