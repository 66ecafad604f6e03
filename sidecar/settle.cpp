#include "sidecar/settle.h"

#include <utility>

#include "aio/resident.h"

namespace sidecar {
namespace {

constexpr base::Duration kFirst = base::seconds(2);
constexpr base::Duration kEvery = base::seconds(30);

}  // namespace

aio::Task<base::Result<>> settle(aio::Clock& clock, std::function<std::uint64_t()> served,
                                 std::stop_token stop) {
  std::uint64_t before = served();
  for (base::Duration wait = kFirst; co_await aio::wait_for(clock, wait, stop); wait = kEvery) {
    const std::uint64_t now = served();
    if (now - std::exchange(before, now) < static_cast<std::uint64_t>(wait / base::seconds(1)))
      aio::give_back_memory();
  }
  co_return base::Result<>{};
}

}  // namespace sidecar
