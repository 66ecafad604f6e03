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

std::uint32_t SharedNumber::total(std::int64_t now_count, std::int64_t before_count) const {
  // What others wrote may be anything: no count is negative, or more than a counter holds.
  const auto sane = [](std::int64_t count) {
    return static_cast<double>(std::clamp<std::int64_t>(count, 0, kQuotaMax));
  };
  return static_cast<std::uint32_t>(sane(now_count) + sane(before_count) * part_before);
}

SharedNumber shared_number(std::string_view prefix, const Rule& rule, const Limit& limit,
                           std::uint64_t client, base::WallTime now) {
  const std::int64_t since = std::max<std::int64_t>(now.time_since_epoch().count(), 0);
  const std::int64_t length = limit.window.count();
  const std::int64_t stretch = since / length;
  SharedNumber out;
  const auto name = [&](std::int64_t number) {
    return fmt::format("{}:{}:{}:{:016x}", prefix, limit_name(rule.name, limit), number, client);
  };
  out.now = name(stretch);
  out.before = name(stretch - 1);
  out.ends_after = 2 * std::chrono::duration_cast<std::chrono::milliseconds>(limit.window).count();
  out.part_before = 1.0 - static_cast<double>(since % length) / static_cast<double>(length);
  return out;
}

}  // namespace limit
