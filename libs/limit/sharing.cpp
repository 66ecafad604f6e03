#include "limit/sharing.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <utility>

#include <fmt/format.h>

namespace limit {

void AdmissionLog::add(std::uint64_t client, std::uint16_t rules) {
  const std::lock_guard hold(lock_);
  for (unsigned left = rules; left != 0; left &= left - 1) {
    const Key key{client, static_cast<std::uint8_t>(std::countr_zero(left))};
    if (const auto known = counts_.find(key); known != counts_.end()) {
      ++known->second;
    } else if (counts_.size() < keys_max_) {
      counts_.emplace(key, 1);
    } else {
      ++lost_;
    }
  }
}

std::vector<Admissions> AdmissionLog::take() {
  decltype(counts_) taken;
  {
    const std::lock_guard hold(lock_);
    taken.swap(counts_);
  }
  std::vector<Admissions> out;
  for (const auto& [key, count] : taken) out.push_back({key.client, key.rule, count});
  return out;
}

std::uint64_t AdmissionLog::lost() const {
  const std::lock_guard hold(lock_);
  return lost_;
}

std::uint32_t shared_total(std::int64_t number) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(number, 0, kQuotaMax));
}

SharedNumber shared_number(std::string_view prefix, const Rule& rule, const Limit& limit,
                           std::uint64_t client, base::WallTime now) {
  const std::int64_t since = std::max<std::int64_t>(now.time_since_epoch().count(), 0);
  const std::int64_t stretch = since / limit.window.count();
  return {
      .name =
          fmt::format("{}:{}:{}:{:016x}", prefix, limit_name(rule.name, limit), stretch, client),
      .ends_after = std::chrono::duration_cast<std::chrono::milliseconds>(limit.window).count()};
}

}  // namespace limit
