// What a drill shows with each of its requests, so that a sidecar that limits clients does not take
// it for one, and the drill does not measure refusals of its own as an outage. One field of a head:
//   Muster-Drill: v1;drill=NAME;t=UNIX;mac=HEX
// The mac is HMAC-SHA256, under a key that both sides have, of the version, the drill's name, the
// time in seconds, method and target. There is one way to write a field and no other is read, so
// that none that is right can be made of another.
//
// It is right for kDrillWindow before and behind its time. That is no setting: clocks of machines
// that are looked after differ by less, a prober signs each request anew, so that a longer one
// would help nobody but who repeats a request, and a shorter one refuses what is right. Whoever
// sees a request may repeat its request line as long as that, with any body and other fields;
// nothing is kept against it, and nothing else can be asked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "crypto/hash.h"
#include "crypto/keyed_hmac.h"

namespace crypto {

inline constexpr std::string_view kDrillField = "Muster-Drill";
inline constexpr base::Duration kDrillWindow = base::seconds(60);

/// A field as it says; whether it is right is not known yet.
struct DrillClaim {
  std::string_view drill;
  std::int64_t seconds = 0;  // since 1970
  Digest mac{};
};

/// 1 to 253 letters, digits, '.', '_' and '-'.
bool is_drill_name(std::string_view name);

/// Nothing for what sign() never writes. Lifetime: the claim refers to `field`.
std::optional<DrillClaim> parse_drill_field(std::string_view field);
/// What parse_drill_field() reads.
std::string drill_field(const DrillClaim& claim);

enum class DrillSign : std::uint8_t {
  Good,
  Malformed,  // no such field, or more than one
  Wrong,      // of another key, or another request
  Untimely    // of this key and request, but not of now
};
inline constexpr std::size_t kDrillSigns = 4;
/// "good" …
const char* name(DrillSign sign);

/// Thread: any number at once.
class DrillKey {
 public:
  /// Line ends behind it are no part of it: one side may have it of a file, the other not.
  /// Errors: InvalidArgument: shorter than 16 bytes.
  static base::Result<DrillKey> from(std::string_view secret);

  /// The field's value. `drill`: is_drill_name(). `method` and `target`: as they are sent.
  std::string sign(std::string_view drill, std::string_view method, std::string_view target,
                   base::WallTime now) const;
  /// Of a request line that was parsed: neither part has a blank or a line end.
  DrillSign check(std::string_view field, std::string_view method, std::string_view target,
                  base::WallTime now) const;

 private:
  explicit DrillKey(KeyedHmac hmac) : hmac_(hmac) {}
  Digest mac_of(const DrillClaim& claim, std::string_view method, std::string_view target) const;

  KeyedHmac hmac_;
};

}  // namespace crypto
