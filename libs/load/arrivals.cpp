#include "load/arrivals.h"

#include <algorithm>
#include <numeric>

namespace load {

namespace {
constexpr int kDeckMax = 100'000;

/// The smallest deck that holds every kind as often as its share.
std::vector<int> deck_of(const std::vector<MixShare>& mix) {
  if (mix.empty()) return {0};
  int divisor = 0;
  for (const MixShare& kind : mix) divisor = std::gcd(divisor, kind.share);
  std::vector<int> deck;
  for (std::size_t kind = 0; kind < mix.size(); ++kind) {
    deck.insert(deck.end(), static_cast<std::size_t>(mix[kind].share / divisor),
                static_cast<int>(kind));
  }
  return deck;
}
}  // namespace

base::Result<Arrivals> Arrivals::create(ArrivalSpec spec, std::uint64_t seed) {
  if (spec.users < 1) return base::fail(base::Code::InvalidArgument, "load: at least one user");
  if (spec.ramp.from < 0 || spec.ramp.to < 0 || spec.ramp.rise < base::Duration(0) ||
      (spec.ramp.to <= 0 && (spec.ramp.from <= 0 || spec.ramp.rise == base::Duration(0)))) {
    return base::fail(base::Code::InvalidArgument, "load: the rate must be above 0");
  }
  std::int64_t shares = 0;
  for (const MixShare& kind : spec.mix) {
    if (kind.share < 0) {
      return base::fail(base::Code::InvalidArgument, "load: share of " + kind.name + " is below 0");
    }
    shares += kind.share;
  }
  if (!spec.mix.empty() && (shares == 0 || shares > kDeckMax)) {
    return base::fail(base::Code::InvalidArgument,
                      "load: shares must sum to 1 … " + std::to_string(kDeckMax));
  }
  return Arrivals(std::move(spec), seed);
}

Arrivals::Arrivals(ArrivalSpec spec, std::uint64_t seed)
    : spec_(std::move(spec)), random_(seed), deck_(deck_of(spec_.mix)), dealt_(deck_.size()) {}

int Arrivals::deal() {
  if (dealt_ == deck_.size()) {
    for (std::size_t left = deck_.size(); left > 1; --left) {
      std::swap(deck_[left - 1], deck_[random_.below(left)]);
    }
    dealt_ = 0;
  }
  return deck_[dealt_++];
}

Arrival Arrivals::next() {
  Arrival arrival;
  arrival.index = index_++;
  const auto users = static_cast<std::uint64_t>(spec_.users);
  if (spec_.process == Process::Constant) {
    level_ = static_cast<double>(arrival.index);
    arrival.user = static_cast<int>(arrival.index % users);
  } else {
    level_ += random_.exponential(1.0);
    arrival.user = static_cast<int>(random_.below(users));
  }
  arrival.due = spec_.ramp.when(level_);
  arrival.kind = deal();
  return arrival;
}

}  // namespace load
