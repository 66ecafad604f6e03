// Who is refused most, in a few kilobytes whatever the number of clients: Space-Saving. It keeps m
// counters; a key that has none takes over the smallest, with its count, which is then what the new
// key may have been overestimated by (`error`).
//
// Bounds, after n events: count - error <= true count <= count; error <= n / m; every key that had
// more than n / m events is there. Source: Metwally, Agrawal, El Abbadi, "Efficient computation of
// frequent and top-k elements in data streams", ICDT 2005. Merging adds the bounds: Agarwal et al.,
// "Mergeable summaries", PODS 2012.
//
// Keys are keyed hashes, never addresses: what is exported is worth nothing without the key. An
// address is kept beside one where whoever counts gives it, which is for who asked for addresses.
// Who is refused as a client is counted as one: a fingerprint is new with every header, and of
// those who change theirs none would ever be among the first.
// Thread: one each, merged when they are read.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

#include "limit/address.h"
#include "limit/fingerprint.h"

namespace limit {

/// Whose bucket was full.
struct OffenderId {
  Bucket bucket = Bucket::Client;
  std::uint64_t value = 0;  // of a Subject: `client`, or that of its fingerprint
  auto operator<=>(const OffenderId&) const = default;
};

struct Offender {
  OffenderId who;
  std::uint64_t count = 0;
  std::uint64_t error = 0;
  std::optional<Address> address{};  // the newest that was given
  bool operator==(const Offender&) const = default;
};

class Offenders {
 public:
  /// `counters`: m, at least 1. All memory is taken here.
  explicit Offenders(std::size_t counters);

  void add(OffenderId who, std::uint64_t times = 1, std::optional<Address> address = {});
  void forget_addresses();
  /// Adds the events that another one saw; keeps this one's m.
  void merge(const Offenders& other);

  /// The `most` with the greatest counts, the greatest first; of equal counts the surer first.
  std::vector<Offender> top(std::size_t most) const;
  /// Events so far: n of the bounds.
  std::uint64_t events() const { return events_; }
  std::size_t counters() const { return counters_; }

 private:
  /// What a key without a counter may have had at most.
  std::uint64_t unseen() const;

  std::size_t counters_;
  std::uint64_t events_ = 0;
  std::vector<Offender> kept_;
};

}  // namespace limit
