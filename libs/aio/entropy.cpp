#include "aio/entropy.h"

#include <cstring>
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <utility>

#include "base/check.h"

namespace aio {

namespace {
void fill(void* place, std::size_t length) {
  auto* into = static_cast<char*>(place);
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
  fill(&value, sizeof value);
  return value;
}

std::string random_bytes(std::size_t bytes) {
  std::string out(bytes, '\0');
  fill(out.data(), bytes);
  return out;
}

void EntropyPool::take(std::span<unsigned char> out) {
  CHECK(out.size() <= kBytes);
  if (left_ < out.size()) {
    fill(bytes_.data(), kBytes);
    left_ = kBytes;
  }
  left_ -= out.size();
  std::memcpy(out.data(), bytes_.data() + left_, out.size());
  explicit_bzero(bytes_.data() + left_, out.size());
}

}  // namespace aio
