#include "sidecar/operation_kind.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sidecar {
namespace {

using alert::EncryptionKind;
using alert::OperationKind;

struct Named {
  std::string_view word;
  OperationKinds kinds;
};

constexpr std::array<Named, 3> kOfEncryption{
    {{"field_encryption", {OperationKind::Encryption, EncryptionKind::Field}},
     {"bulk_encryption", {OperationKind::Encryption, EncryptionKind::Bulk}},
     {"key_rotation", {OperationKind::Encryption, EncryptionKind::KeyRotation}}}};

constexpr std::array<std::pair<std::string_view, OperationKind>, 17> kWords{
    {{"bulk", OperationKind::Bulk},
     {"batch", OperationKind::Bulk},
     {"db", OperationKind::DatabaseQuery},
     {"sql", OperationKind::DatabaseQuery},
     {"select", OperationKind::DatabaseQuery},
     {"insert", OperationKind::DatabaseQuery},
     {"update", OperationKind::DatabaseQuery},
     {"postgres", OperationKind::DatabaseQuery},
     {"mysql", OperationKind::DatabaseQuery},
     {"realtime", OperationKind::RealTimeUpdate},
     {"websocket", OperationKind::RealTimeUpdate},
     {"http", OperationKind::ApiEndpoint},
     {"get", OperationKind::ApiEndpoint},
     {"post", OperationKind::ApiEndpoint},
     {"put", OperationKind::ApiEndpoint},
     {"patch", OperationKind::ApiEndpoint},
     {"delete", OperationKind::ApiEndpoint}}};

std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> out(1);
  for (const char c : name) {
    const char low = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if ((low >= 'a' && low <= 'z') || (low >= '0' && low <= '9')) {
      out.back().push_back(low);
    } else if (!out.back().empty()) {
      out.emplace_back();
    }
  }
  return out;
}

bool any_begins(const std::vector<std::string>& words, std::string_view with) {
  return std::ranges::any_of(words,
                             [with](const std::string& word) { return word.starts_with(with); });
}

/// Of a name; nothing: it has nothing to do with encryption.
std::optional<EncryptionKind> encryption_of(const std::vector<std::string>& words) {
  if (any_begins(words, "decrypt")) return EncryptionKind::Decryption;
  if (any_begins(words, "rotat") && any_begins(words, "key")) return EncryptionKind::KeyRotation;
  if (!any_begins(words, "encrypt")) return std::nullopt;
  const bool bulk = any_begins(words, "bulk") || any_begins(words, "batch");
  return bulk ? EncryptionKind::Bulk : EncryptionKind::Field;
}

OperationKinds of_encryption(EncryptionKind kind, std::uint64_t records) {
  const bool many = kind == EncryptionKind::Field && records > 1;
  return {
      kind == EncryptionKind::Decryption ? OperationKind::Decryption : OperationKind::Encryption,
      many ? EncryptionKind::Bulk : kind};
}

}  // namespace

OperationKinds kinds_of(const ingest::Operation& operation) {
  const auto* const named = std::ranges::find(kOfEncryption, operation.kind, &Named::word);
  if (named != kOfEncryption.end()) return named->kinds;
  const std::vector<std::string> words = words_of(operation.name);
  const auto encryption = encryption_of(words);
  if (const auto said = alert::operation_kind(operation.kind)) {
    if (*said == OperationKind::Decryption) return {*said, EncryptionKind::Decryption};
    if (*said != OperationKind::Encryption) return {*said, std::nullopt};
    return of_encryption(encryption.value_or(EncryptionKind::Field), operation.records);
  }
  if (encryption) return of_encryption(*encryption, operation.records);
  for (const auto& [word, kind] : kWords) {
    if (any_begins(words, word)) return {kind, std::nullopt};
  }
  return {};
}

}  // namespace sidecar
