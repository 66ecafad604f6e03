#include "aio/entropy.h"

#include <errno.h>
#include <sys/random.h>
#include <utility>

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
std::function<std::uint64_t()>& source_here() {
  thread_local std::function<std::uint64_t()> source;
  return source;
}
}  // namespace

void draw_seeds_from(std::function<std::uint64_t()> source) {
  source_here() = std::move(source);
}

std::uint64_t seed() {
  if (source_here()) return source_here()();
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
