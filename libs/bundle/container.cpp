#include "bundle/container.h"

#include <algorithm>
#include <unordered_set>
#include <utility>
#include <zlib.h>

#include <fmt/format.h>

#include "api/node.h"
#include "base/check.h"

namespace bundle {
namespace {

constexpr std::string_view kMagic("\x89MUSTER\n", 8);
constexpr std::string_view kSigned = "muster-evidence-1\n";
constexpr std::size_t kHeaderFields = 16;
constexpr std::size_t kHeaderBytes = 48;
constexpr std::size_t kHeadBytes = 24;
constexpr std::size_t kDigestBytes = 32;
constexpr std::uint64_t kZlib = 1;
// Deflate cannot shrink more than this, so a larger claim is a lie.
constexpr std::uint64_t kRatioMax = 1040;
// Of all records together, unpacked: some fifty million operations. A file of a megabyte can claim
// more, and would be unpacked before anybody asks who signed it.
constexpr std::uint64_t kContentMax = std::uint64_t{1} << 30;

void put(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i)
    out.push_back(static_cast<char>((value >> (8 * i)) & 255));
}

std::uint64_t number(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = (value << 8U) | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

std::string_view view(const crypto::Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string deflated(std::string_view content) {
  constexpr int kLevel = 9;
  uLongf size = compressBound(content.size());
  std::string out(size, '\0');
  CHECK(compress2(reinterpret_cast<Bytef*>(out.data()), &size,
                  reinterpret_cast<const Bytef*>(content.data()), content.size(), kLevel) == Z_OK);
  out.resize(size);
  return out;
}

tl::unexpected<Damage> damage(Fault fault, std::uint32_t index, std::string record,
                              std::string message) {
  return tl::unexpected(Damage{fault, index, std::move(record), std::move(message)});
}

/// A name as it may be shown: of a record that was changed it can be anything.
std::string shown(std::string_view name) {
  const bool plain =
      std::all_of(name.begin(), name.end(), [](char c) { return c > 32 && c < 127; });
  return plain && !name.empty() ? std::string(name) : "?";
}

Read<crypto::Digest> read_header(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) {
    return damage(Fault::NoBundle, 0, "header", "this is no evidence bundle of muster");
  }
  if (bytes.size() < kHeaderBytes) {
    return damage(Fault::CutShort, 0, "header", "the file ends within its header");
  }
  const crypto::Digest digest = crypto::sha256(bytes.substr(0, kHeaderFields));
  if (bytes.substr(kHeaderFields, kDigestBytes) != view(digest)) {
    return damage(Fault::Changed, 0, "header", "the header was changed");
  }
  if (const std::uint64_t version = number(bytes.substr(8, 2)); version != kFormatVersion) {
    return damage(Fault::UnknownVersion, 0, "header",
                  fmt::format("the bundle has version {} of the format, this muster knows {}",
                              version, kFormatVersion));
  }
  return digest;
}

}  // namespace

const char* name(Fault fault) {
  switch (fault) {
    case Fault::NoBundle: return "NoBundle";
    case Fault::UnknownVersion: return "UnknownVersion";
    case Fault::Changed: return "Changed";
    case Fault::CutShort: return "CutShort";
    case Fault::Extended: return "Extended";
    case Fault::BadSignature: return "BadSignature";
    case Fault::Malformed: return "Malformed";
  }
  return "?";
}

ContainerWriter::ContainerWriter() : out_(kMagic) {
  put(out_, kFormatVersion, 2);
  put(out_, 0, 6);
  chain_ = crypto::sha256(out_);
  out_ += view(chain_);
}

void ContainerWriter::add(std::string_view name, std::string_view content, bool compress) {
  CHECK(!name.empty() && name.size() < 256);
  std::string packed;
  if (compress) packed = deflated(content);
  const bool smaller = compress && packed.size() < content.size();
  const std::string_view stored = smaller ? std::string_view(packed) : content;
  std::string head;
  put(head, ++count_, 4);
  put(head, name.size(), 2);
  put(head, smaller ? kZlib : 0, 2);
  put(head, stored.size(), 8);
  put(head, content.size(), 8);
  chain_ = crypto::sha256({view(chain_), head, name, stored});
  out_.append(head).append(name).append(stored).append(view(chain_));
}

std::string ContainerWriter::seal(const crypto::SigningKey& key) {
  const crypto::PublicKey public_key = key.public_key();
  const crypto::Signature signature = key.sign(std::string(kSigned).append(view(chain_)));
  const api::Node seal = api::Node::map()
                             .set("algorithm", "Ed25519")
                             .set("publicKey", crypto::hex(public_key))
                             .set("keyId", crypto::key_id(public_key))
                             .set("records", std::int64_t{count_})
                             .set("signature", crypto::hex(signature));
  add(kSealName, api::to_json(seal), false);
  return std::move(out_);
}

Read<Container::Record> Container::next(std::size_t at, std::uint32_t index,
                                        crypto::Digest& chain) const {
  const std::string_view rest = std::string_view(bytes_).substr(at);
  if (rest.empty()) {
    return damage(
        Fault::CutShort, index, "?",
        fmt::format("the file was cut short: it ends after record {} and has no seal", index - 1));
  }
  const std::uint64_t name_size = rest.size() < kHeadBytes ? 0 : number(rest.substr(4, 2));
  const std::uint64_t stored = rest.size() < kHeadBytes ? 0 : number(rest.substr(8, 8));
  const std::uint64_t frame = kHeadBytes + name_size + kDigestBytes;
  const std::string record =
      rest.size() < kHeadBytes + name_size ? "?" : shown(rest.substr(kHeadBytes, name_size));
  if (rest.size() < frame || stored > rest.size() - frame) {
    return damage(Fault::CutShort, index, record,
                  fmt::format("the file ends within record {} ({}): it was cut short, or the "
                              "record's length was changed",
                              index, record));
  }
  Record out;
  out.index = index;
  out.name = record;
  out.compressed = number(rest.substr(6, 2)) == kZlib;
  out.size = number(rest.substr(16, 8));
  out.begin = at;
  out.content_at = at + kHeadBytes + name_size;
  out.content_size = stored;
  out.end = at + frame + stored;
  const std::size_t covered = kHeadBytes + name_size + stored;
  const crypto::Digest digest = crypto::sha256({view(chain), rest.substr(0, covered)});
  if (rest.substr(covered, kDigestBytes) != view(digest)) {
    return damage(
        Fault::Changed, index, record,
        fmt::format("record {} ({}) was changed: its digest does not agree", index, record));
  }
  chain = digest;
  const std::uint64_t encoding = number(rest.substr(6, 2));
  if (number(rest.substr(0, 4)) != index || record == "?" || encoding > kZlib) {
    return damage(Fault::Malformed, index, record,
                  fmt::format("record {} ({}) breaks the format", index, record));
  }
  return out;
}

Read<Seal> Container::read_seal(const Record& record, const crypto::Digest& before) const {
  const auto malformed = [&](const char* what) {
    return damage(Fault::Malformed, record.index, record.name, what);
  };
  const auto text = std::string_view(bytes_).substr(record.content_at, record.content_size);
  const auto node = api::parse_json(text);
  if (!node || record.compressed) return malformed("the seal is no JSON");
  const auto key = crypto::public_key_from_hex((*node)["publicKey"].as_string());
  const auto signature = crypto::from_hex((*node)["signature"].as_string());
  Seal seal;
  if (!key || !signature || signature->size() != seal.signature.size()) {
    return malformed("the seal has no key or no signature");
  }
  seal.key = *key;
  seal.key_id = crypto::key_id(*key);
  std::copy(signature->begin(), signature->end(), seal.signature.begin());
  if ((*node)["algorithm"].as_string() != "Ed25519" ||
      (*node)["records"].as_int(-1) != std::int64_t{record.index} - 1 ||
      (*node)["keyId"].as_string() != seal.key_id) {
    return malformed("the seal contradicts the file");
  }
  if (!crypto::verify(seal.key, seal.signature, std::string(kSigned).append(view(before)))) {
    return damage(Fault::BadSignature, record.index, record.name,
                  fmt::format("the signature by key {} does not hold: the records were changed "
                              "and chained anew, or the seal is another bundle's",
                              seal.key_id));
  }
  return seal;
}

Read<Container> Container::open(std::string bytes) {
  Container out;
  out.bytes_ = std::move(bytes);
  auto header = read_header(out.bytes_);
  if (!header) return tl::unexpected(header.error());
  crypto::Digest chain = *header;
  std::size_t at = kHeaderBytes;
  std::uint64_t content = 0;
  std::unordered_set<std::string> names;
  for (std::uint32_t index = 1;; ++index) {
    const crypto::Digest before = chain;
    auto record = out.next(at, index, chain);
    if (!record) return tl::unexpected(record.error());
    at = record->end;
    content += std::min(record->size, kContentMax + 1);
    if (content > kContentMax) {
      return damage(Fault::Malformed, index, record->name,
                    fmt::format("the records up to {} ({}) claim more than {} bytes", index,
                                record->name, kContentMax));
    }
    if (record->name != kSealName) {
      if (!names.insert(record->name).second) {
        return damage(
            Fault::Malformed, index, record->name,
            fmt::format("record {} has the name of another one, '{}'", index, record->name));
      }
      out.records_.push_back(std::move(*record));
      continue;
    }
    if (at != out.bytes_.size()) {
      return damage(Fault::Extended, index + 1, "?",
                    fmt::format("{} bytes stand behind the seal", out.bytes_.size() - at));
    }
    auto seal = out.read_seal(*record, before);
    if (!seal) return tl::unexpected(seal.error());
    out.seal_ = *seal;
    return out;
  }
}

const Container::Record* Container::find(std::string_view name) const {
  const auto found = std::find_if(records_.begin(), records_.end(),
                                  [&](const Record& record) { return record.name == name; });
  return found == records_.end() ? nullptr : &*found;
}

Read<std::string> Container::content(const Record& record) const {
  const auto stored = std::string_view(bytes_).substr(record.content_at, record.content_size);
  const auto malformed = [&](const char* what) {
    return damage(Fault::Malformed, record.index, record.name,
                  fmt::format("record {} ({}) {}", record.index, record.name, what));
  };
  if (!record.compressed) {
    if (record.size != stored.size()) return malformed("is not as long as it says");
    return std::string(stored);
  }
  if (record.size / kRatioMax > stored.size()) return malformed("claims an impossible length");
  std::string out(record.size, '\0');
  uLongf size = out.size();
  uLong used = stored.size();
  const int done = uncompress2(reinterpret_cast<Bytef*>(out.data()), &size,
                               reinterpret_cast<const Bytef*>(stored.data()), &used);
  if (done != Z_OK || used != stored.size()) return malformed("is no zlib stream");
  if (size != out.size()) return malformed("is not as long as it says");
  return out;
}

}  // namespace bundle
