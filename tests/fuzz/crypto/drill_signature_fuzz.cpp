// The field Muster-Drill from anybody: up to a line end the request's target, behind it the field.
// What is read prints as it was written; it is good for nobody without the key; and what is signed
// for that target is good, until one byte of it is another.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "crypto/drill_signature.h"

namespace {

const crypto::DrillKey& key() {
  static const crypto::DrillKey key =
      crypto::DrillKey::from("a key that no input of this fuzzer has").value();
  return key;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using crypto::DrillSign;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(text.find('\n'), size);
  const std::string_view target = text.substr(0, end);
  const std::string_view field = text.substr(std::min(end + 1, size));
  const base::WallTime now{base::seconds(1'700'000'000)};
  const auto claim = crypto::parse_drill_field(field);
  const DrillSign sign = key().check(field, "GET", target, now);
  CHECK(sign == (claim ? DrillSign::Wrong : DrillSign::Malformed));
  if (!claim) return 0;
  CHECK(crypto::drill_field(*claim) == field && crypto::is_drill_name(claim->drill));
  const base::WallTime then{base::seconds(std::min<std::int64_t>(claim->seconds, 9'000'000'000))};
  std::string own = key().sign(claim->drill, "GET", target, then);
  CHECK(key().check(own, "GET", target, then) == DrillSign::Good);
  CHECK(key().check(own, "GET", std::string(target) + "x", then) == DrillSign::Wrong);
  char& one = own[static_cast<unsigned char>(field.back()) % own.size()];
  one = static_cast<char>(one ^ 1);
  CHECK(key().check(own, "GET", target, then) != DrillSign::Good);
  return 0;
}
