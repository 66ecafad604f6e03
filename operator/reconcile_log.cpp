#include "operator/reconcile_log.h"

#include <memory>
#include <utility>

#include <fmt/format.h>

namespace op {
namespace {

constexpr base::Duration kAgainAfter = base::seconds(600);
constexpr std::size_t kObjectsMax = 1000;

}  // namespace

std::uint64_t ToldErrors::due(const kube::Key& key, const std::string& text, base::TimePoint now) {
  if (!told_.contains(key) && told_.size() >= kObjectsMax) told_.clear();
  Told& told = told_[key];
  ++told.times;
  const bool known = told.text == text && now - told.at < kAgainAfter;
  if (known) return 0;
  const std::uint64_t times = told.text == text ? told.times : 1;
  told = {text, now, 0};
  return times;
}

LogFields fields_of(const kube::Reconciled& one, const std::string& controller,
                    const std::string& kind, std::uint64_t times) {
  return {{"controller", controller},
          {"kind", kind},
          {"namespace", one.key.space},
          {"name", one.key.name},
          {"reconcileID", fmt::format("{}-{}", controller, one.number)},
          {"result", kube::name(one.result)},
          {"times", std::to_string(times)}};
}

void log_errors(aio::Clock& clock, kube::Controller& controller, std::string kind) {
  controller.on_reconciled =
      [&clock, name = controller.options().name, kind = std::move(kind),
       told = std::make_shared<ToldErrors>(),
       before = std::move(controller.on_reconciled)](const kube::Reconciled& one) {
        if (before) before(one);
        if (one.error == nullptr) return told->forget(one.key);
        // What is withdrawn because the replica ends did not fail.
        if (one.error->code == base::Code::Cancelled) return;
        const std::uint64_t times = told->due(one.key, one.error->message, clock.now());
        if (times == 0) return;
        const bool for_good = one.result == kube::ReconcileResult::Terminal;
        log(for_good ? Level::Error : Level::Warning, one.error->message,
            fields_of(one, name, kind, times));
      };
}

}  // namespace op
