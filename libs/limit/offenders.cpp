#include "limit/offenders.h"

#include <algorithm>

#include "base/check.h"

namespace limit {
namespace {

bool fewer(const Offender& a, const Offender& b) {
  return a.count < b.count;
}

bool before(const Offender& a, const Offender& b) {
  if (a.count != b.count) return a.count > b.count;
  if (a.error != b.error) return a.error < b.error;
  return a.who < b.who;
}

}  // namespace

Offenders::Offenders(std::size_t counters) : counters_(counters) {
  CHECK(counters >= 1);
  kept_.reserve(counters);
}

std::uint64_t Offenders::unseen() const {
  if (kept_.size() < counters_) return 0;
  return std::min_element(kept_.begin(), kept_.end(), fewer)->count;
}

void Offenders::add(OffenderId who, std::uint64_t times, std::optional<Address> address) {
  events_ += times;
  const auto found = std::find_if(kept_.begin(), kept_.end(),
                                  [who](const Offender& one) { return one.who == who; });
  if (found != kept_.end()) {
    found->count += times;
    if (address) found->address = address;
  } else if (kept_.size() < counters_) {
    kept_.push_back({who, times, 0, address});
  } else {
    const auto least = std::min_element(kept_.begin(), kept_.end(), fewer);
    *least = {who, least->count + times, least->count, address};
  }
}

void Offenders::forget_addresses() {
  for (Offender& one : kept_) one.address.reset();
}

void Offenders::merge(const Offenders& other) {
  const std::uint64_t unseen_here = unseen(), unseen_there = other.unseen();
  std::vector<Offender> all;
  all.reserve(kept_.size() + other.kept_.size());
  const auto counter = [](const std::vector<Offender>& kept, OffenderId who) {
    return std::find_if(kept.begin(), kept.end(),
                        [who](const Offender& one) { return one.who == who; });
  };
  for (const Offender& one : kept_) {
    const auto same = counter(other.kept_, one.who);
    const Offender there =
        same != other.kept_.end() ? *same : Offender{one.who, unseen_there, unseen_there};
    all.push_back({one.who, one.count + there.count, one.error + there.error,
                   one.address ? one.address : there.address});
  }
  for (const Offender& one : other.kept_) {
    if (counter(kept_, one.who) != kept_.end()) continue;
    all.push_back({one.who, one.count + unseen_here, one.error + unseen_here, one.address});
  }
  std::sort(all.begin(), all.end(), before);
  all.resize(std::min(all.size(), counters_));
  kept_.assign(all.begin(), all.end());
  events_ += other.events_;
}

std::vector<Offender> Offenders::top(std::size_t most) const {
  std::vector<Offender> sorted = kept_;
  std::sort(sorted.begin(), sorted.end(), before);
  sorted.resize(std::min(most, sorted.size()));
  return sorted;
}

}  // namespace limit
