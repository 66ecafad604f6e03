// The file under the evidence (docs/evidence-format.md §1): named records, each chained to the one
// before by SHA-256, and a seal that signs the end of the chain. Nothing in a record is looked at
// before the chain and the signature hold, and what does not hold is named: the first record that
// was changed, a file cut short, bytes added, a version nobody here knows, a signature that is
// wrong. Whether the key is one to trust is the caller's question (bundle/trust.h).
//
// A digest stands beside every record, not only at the end, so that the first changed one can be
// named. Somebody who computes the digests anew is stopped by the signature, and only by it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "crypto/hash.h"
#include "crypto/signature.h"

namespace bundle {

inline constexpr std::uint16_t kFormatVersion = 1;
inline constexpr const char* kSealName = "seal";

enum class Fault : std::uint8_t {
  NoBundle,        // another kind of file
  UnknownVersion,  // a bundle, of a format that is not known here
  Changed,         // header or a record is not what was written
  CutShort,        // the file ends before its seal
  Extended,        // bytes behind the seal
  BadSignature,    // the chain holds, the signature does not
  Malformed,       // the writer vouches for something that cannot be read
};
const char* name(Fault fault);

struct Damage {
  Fault fault = Fault::NoBundle;
  std::uint32_t index = 0;  // of the record; 0: the header, or the file as a whole
  std::string record;       // its name; "header" for the header
  std::string message;      // one sentence
};
template <class T>
using Read = tl::expected<T, Damage>;

struct Seal {
  crypto::PublicKey key{};
  crypto::Signature signature{};
  std::string key_id;
};

/// Builds a file record by record.
class ContainerWriter {
 public:
  ContainerWriter();
  /// CHECKs that the name has 1 to 255 characters. `compress`: zlib, where that is smaller.
  void add(std::string_view name, std::string_view content, bool compress = true);
  /// Signs and closes. The writer is spent.
  std::string seal(const crypto::SigningKey& key);

 private:
  std::string out_;
  crypto::Digest chain_{};
  std::uint32_t count_ = 0;
};

class Container {
 public:
  struct Record {
    std::uint32_t index = 0;
    std::string name;
    bool compressed = false;
    std::uint64_t size = 0;        // decoded
    std::size_t begin = 0;         // of the whole record in the file
    std::size_t content_at = 0;    // of the content as stored
    std::size_t content_size = 0;  // of the content as stored
    std::size_t end = 0;
  };

  /// Checks header, chain, seal and signature.
  static Read<Container> open(std::string bytes);

  const Seal& seal() const { return seal_; }
  /// In order, without the seal.
  const std::vector<Record>& records() const { return records_; }
  std::size_t size() const { return bytes_.size(); }
  const Record* find(std::string_view name) const;
  /// The content, decoded. Errors: Malformed: not zlib, not as long as it says.
  Read<std::string> content(const Record& record) const;

 private:
  Read<Record> next(std::size_t at, std::uint32_t index, crypto::Digest& chain) const;
  Read<Seal> read_seal(const Record& record, const crypto::Digest& before) const;

  std::string bytes_;
  std::vector<Record> records_;
  Seal seal_;
};

}  // namespace bundle
