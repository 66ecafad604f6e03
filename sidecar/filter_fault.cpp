#include "sidecar/filter_fault.h"

#include <array>

#include "limit/pattern.h"
#include "sidecar/client_address.h"

namespace sidecar {
namespace {

constexpr std::size_t kPathMax = 4096;

class FaultFilter final : public Filter {
 public:
  explicit FaultFilter(CoreFaults& faults) : faults_(faults) {}

  Hooks hooks() const override { return {.request = true}; }

  Verdict on_request(Exchange& exchange, base::TimePoint now) override {
    if (!faults_.any()) return Verdict::Forward;
    std::array<char, kPathMax> buffer;  // not initialised: it is written before it is read
    const auto path = limit::plain_path(exchange.request.target, buffer);
    exchange.touch = faults_.decide({.method = exchange.request.method,
                                     .path = path.value_or(std::string_view()),
                                     .peer = address_of(*exchange.client)},
                                    now, faults_.draw());
    return Verdict::Forward;
  }

 private:
  CoreFaults& faults_;
};

}  // namespace

std::unique_ptr<Filter> make_fault_filter(CoreFaults& faults) {
  return std::make_unique<FaultFilter>(faults);
}

}  // namespace sidecar
