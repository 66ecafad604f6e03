#include "sidecar/setup.h"

namespace sidecar {
namespace {

http1::Limits limits_of(const Settings& settings) {
  http1::Limits out;
  out.head_bytes = settings.head_bytes_max;
  out.line_bytes = settings.head_bytes_max / 2;
  if (settings.body_bytes_max > 0) out.body_bytes = settings.body_bytes_max;
  return out;
}

}  // namespace

Setup::Setup(const Settings& the_settings, std::uint64_t seed, const Seat& seat)
    : settings(the_settings),
      request_limits(limits_of(the_settings)),
      protection(seat.shared.protection),
      pipeline(assemble(the_settings, seed, seat)) {}

}  // namespace sidecar
