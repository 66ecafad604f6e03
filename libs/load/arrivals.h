// When the next operation of a load is due, who does it, and which kind it is: the open model, in
// which users do not wait for a slow server, so that a stalled server gets the load it would get in
// life and latency counts from the intended start (no coordinated omission).
//
// n users with r operations a minute between them are one stream of rate r: for the constant
// process user k mod n has every n-th arrival, which is n staggered schedules of r/n; for the
// Poisson process each arrival falls to a random user, which is the same as n independent Poisson
// processes. Kinds are dealt from a shuffled deck that holds each kind as often as its share, so
// that the mix is exact over every deck: a phase of ten operations at 70/20/10 has its heavy query.
//
// Everything follows from the seed; nothing here reads a clock.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "load/ramp.h"

namespace load {

/// How the gaps between arrivals are distributed around 1/rate.
enum class Process { Constant, Poisson };

struct MixShare {
  std::string name;
  int share = 0;  // relative; 70/20/10 and 7/2/1 are the same
};

struct ArrivalSpec {
  Process process = Process::Poisson;
  int users = 1;
  Ramp ramp;                  // the rate of all users together
  std::vector<MixShare> mix;  // empty: one kind, index 0
};

struct Arrival {
  base::Duration due{0};  // since the start of the load; never decreases
  std::uint64_t index = 0;
  int user = 0;
  int kind = 0;  // index into the mix

  bool operator==(const Arrival&) const = default;
};

class Arrivals {
 public:
  /// Errors: InvalidArgument for no users, a rate that never gets above 0, shares < 0 or all 0.
  static base::Result<Arrivals> create(ArrivalSpec spec, std::uint64_t seed);

  /// The next arrival, for ever; due is Duration::max() when the ramp ends before it.
  Arrival next();
  const ArrivalSpec& spec() const { return spec_; }

 private:
  Arrivals(ArrivalSpec spec, std::uint64_t seed);
  int deal();

  ArrivalSpec spec_;
  base::Random random_;
  std::vector<int> deck_;
  std::size_t dealt_ = 0;
  std::uint64_t index_ = 0;
  double level_ = 0;  // arrivals expected until the last one
};

}  // namespace load
