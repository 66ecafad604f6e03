// The faults that are in force, for all cores. The admin port changes them, a core looks at every
// request: where there is none it reads one number and goes on. Where there are some, it keeps the
// set that it saw last, and takes the lock again only after a change.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/random.h"
#include "base/result.h"
#include "sidecar/fault_rules.h"
#include "sidecar/figures.h"

namespace sidecar {

/// What became of a fault. One that is renewed does not change.
enum class FaultChange : std::uint8_t {
  Begun,
  Ended,    // by who asked for that
  Expired,  // nobody renewed it
  Drained   // the sidecar ends
};

/// Thread: any number at once.
class Faults {
 public:
  static constexpr std::size_t kMost = 64;
  /// `by`: the address that asked; empty: nobody did.
  using Told = std::function<void(FaultChange change, const Fault& fault, const std::string& by)>;

  /// Before the first begins. It is called by whoever changes something, without the lock.
  void on_change(Told told) { told_ = std::move(told); }

  /// A fault that is in force already, equal in all, is renewed: who heard no answer may ask again.
  /// Errors: AlreadyExists (another one of that name), ResourceExhausted, Unavailable (draining).
  base::Result<Fault> begin(FaultRule rule, base::TimePoint now, const std::string& by = {});
  /// Errors: NotFound (also where it has ended by itself), PermissionDenied (another's).
  base::Result<Fault> renew(const std::string& id, const std::string& owner, base::Duration lease,
                            base::TimePoint now);
  /// `owner`: empty: whoever's it is. Errors: as renew().
  base::Result<Fault> end(const std::string& id, const std::string& owner, base::TimePoint now,
                          const std::string& by = {});
  /// Takes out those that nobody renewed, which do nothing any more already, and returns them.
  FaultSet sweep(base::TimePoint now);
  /// Ends all, and lets none begin any more.
  void drain();

  /// 0: there is none. Another number after each change.
  std::uint64_t version() const { return version_.load(std::memory_order_relaxed); }
  std::shared_ptr<const FaultSet> set() const;

 private:
  struct Begun {
    Fault fault;
    bool renewed = false;
    FaultSet expired;  // that made room
  };
  base::Result<Begun> put(FaultRule rule, base::TimePoint now);
  void tell(FaultChange change, const FaultSet& faults, const std::string& by) const;
  void publish(FaultSet faults);
  base::Result<FaultSet::iterator> find(FaultSet& in, const std::string& id,
                                        const std::string& owner, base::TimePoint now) const;

  mutable std::mutex lock_;
  std::shared_ptr<const FaultSet> set_ = std::make_shared<FaultSet>();
  std::atomic<std::uint64_t> version_{0};
  std::uint64_t changes_ = 0, serials_ = 0;
  bool draining_ = false;
  Told told_;
};

/// Requests, in mode tcp connections, that a core's faults have touched. Written by its thread.
struct FaultFigures {
  std::array<Count, kFaultKinds> touched;
};

/// What one core knows of them. Thread: its own.
class CoreFaults {
 public:
  /// Lifetime: all outlive it.
  CoreFaults(const Faults& all, FaultFigures& figures, std::uint64_t seed)
      : all_(all), figures_(figures), random_(seed) {}

  bool any() const { return all_.version() != 0; }
  std::uint64_t version() const { return all_.version(); }
  std::uint64_t draw() { return random_.next(); }
  /// Counts what it touches, but for faults that `before` names already.
  Touch decide(const Passing& passing, base::TimePoint now, std::uint64_t number,
               const Touch& before = {});
  bool in_force(std::uint64_t serial, base::TimePoint now);

 private:
  /// Null: there is none.
  const FaultSet* look();

  const Faults& all_;
  FaultFigures& figures_;
  base::Random random_;
  std::uint64_t seen_ = 0;
  std::shared_ptr<const FaultSet> set_;
};

/// In the text format 0.0.4.
std::string fault_exposition(const Faults& faults, const std::vector<const FaultFigures*>& cores,
                             base::TimePoint now);

}  // namespace sidecar
