// The evidence of a million operations: how much room it takes, and how long an auditor waits.
// Figures to reach: at most 12 bytes per operation; at most 2 s for `muster verify`, from the bytes
// of the file to the last compared figure.
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "../tests/verify/judged_drill.h"
#include "verify/verify.h"

namespace {

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

int main(int count, char** arguments) {
  const std::uint64_t each = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 125'000;
  const sim::WholeDrillShape shape{.operations = each, .streams = 8, .mess = 0.01};
  const verify::JudgedDrill drill = verify::judged_drill(1, shape);
  const auto operations = static_cast<double>(drill.evidence.records.size());

  auto begin = std::chrono::steady_clock::now();
  const std::string bytes = drill.bytes();
  const double wrote = seconds_since(begin);
  std::printf("bundle: %.0f operations, %.2f bytes each, written in %.2f s\n", operations,
              static_cast<double>(bytes.size()) / operations, wrote);

  begin = std::chrono::steady_clock::now();
  const auto bundle = bundle::read(bytes);
  if (!bundle) {
    std::printf("verify: %s\n", bundle.error().message.c_str());
    return 1;
  }
  const double read = seconds_since(begin);
  const auto verified = verify::verify(*bundle);
  const double all = seconds_since(begin);
  if (!verified || !verified->differences.empty()) {
    std::printf("verify: does not agree\n");
    return 1;
  }
  std::printf("verify: %.2f s (%.2f s to read), %llu figures agree\n", all, read,
              static_cast<unsigned long long>(verified->compared));
  return 0;
}
