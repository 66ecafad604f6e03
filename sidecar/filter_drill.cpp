#include "sidecar/filter_drill.h"

#include <utility>

#include <fmt/format.h>

#include "http1/head.h"
#include "sidecar/notes.h"

namespace sidecar {
namespace {

using crypto::DrillSign;

class DrillFilter final : public Filter {
 public:
  DrillFilter(crypto::DrillKey key, DrillFigures& figures, std::function<base::WallTime()> now)
      : key_(std::move(key)), figures_(figures), now_(std::move(now)) {}

  Hooks hooks() const override { return {.request = true}; }

  Verdict on_request(Exchange& exchange, base::TimePoint /*now*/) override {
    http1::RequestHead& request = exchange.request;
    const http1::Field* const first = http1::find(request, crypto::kDrillField);
    if (first == nullptr) return Verdict::Forward;
    std::size_t count = 0;
    for (const auto* field = first; field != nullptr;
         field = http1::find(request, crypto::kDrillField, field)) {
      request.drop.set(static_cast<std::size_t>(field - request.fields.data()));
      ++count;
    }
    const DrillSign sign = count > 1
                               ? DrillSign::Malformed
                               : key_.check(first->value, request.method, request.target, now_());
    if (sign == DrillSign::Good) {
      figures_.signs[static_cast<std::size_t>(sign)].add();
      exchange.notes[kDrillNote] = 1;
    } else {
      figures_.refuse(sign, exchange.client->address);
    }
    return Verdict::Forward;
  }

 private:
  const crypto::DrillKey key_;
  DrillFigures& figures_;
  const std::function<base::WallTime()> now_;
};

}  // namespace

std::unique_ptr<Filter> make_drill_filter(crypto::DrillKey key, DrillFigures& figures,
                                          std::function<base::WallTime()> now) {
  return std::make_unique<DrillFilter>(std::move(key), figures, std::move(now));
}

std::string drill_exposition(const std::vector<std::unique_ptr<DrillFigures>>& cores) {
  std::string out =
      "# HELP muster_sidecar_drill_requests_total Requests that showed a drill's signature.\n"
      "# TYPE muster_sidecar_drill_requests_total counter\n";
  for (std::size_t i = 0; i < crypto::kDrillSigns; ++i) {
    std::uint64_t all = 0;
    for (const auto& core : cores) all += core->signs[i].get();
    out += fmt::format("muster_sidecar_drill_requests_total{{signature=\"{}\"}} {}\n",
                       crypto::name(static_cast<DrillSign>(i)), all);
  }
  return out;
}

}  // namespace sidecar
