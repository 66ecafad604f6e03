// Errors of reconciles in the log, each with the fields that one looks for it by: controller, kind,
// namespace, name, reconcileID. A key whose reconcile fails comes again and again, less and less
// often; the same text about the same object is told once, and again when it has lasted for some
// while.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "aio/clock.h"
#include "kube/controller.h"
#include "operator/log.h"

namespace op {

/// Pure. What was told of objects that are not well; of so many that memory is bounded.
class ToldErrors {
 public:
  /// How often this text came about the object since it was told, this time counted; zero: it was
  /// told a short while ago.
  std::uint64_t due(const kube::Key& key, const std::string& text, base::TimePoint now);
  /// Its reconcile went well.
  void forget(const kube::Key& key) { told_.erase(key); }

 private:
  struct Told {
    std::string text;
    base::TimePoint at{};
    std::uint64_t times = 0;
  };
  std::map<kube::Key, Told> told_;
};

/// Of one that failed. `times`: as due() counts.
LogFields fields_of(const kube::Reconciled& one, const std::string& controller,
                    const std::string& kind, std::uint64_t times);

/// With each on_reconciled. `kind`: of its objects. Lifetime: the clock outlives the controller.
void log_errors(aio::Clock& clock, kube::Controller& controller, std::string kind);

}  // namespace op
