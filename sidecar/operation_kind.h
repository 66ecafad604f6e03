// Which kind of operation a thing is that an application reports, and so how long is too long. What
// the application says itself ("kind:bulk", "operation.kind") goes before what its name says:
//
//   a word of the name that begins with   is                    and of encryption
//   encrypt                               encryption            field, or bulk with records > 1
//   decrypt                               decryption            decryption
//   rotat                                 encryption            key rotation, beside a word "key"
//   bulk, batch                           bulk                  bulk, beside a word of encryption
//   db, sql, select, insert, update …     database query
//   realtime, websocket                   real-time update
//   http, get, post, put, patch, delete   API endpoint
//   all else                              query
//
// Words are what stands between anything but letters and digits, in lower case. Pure.
#pragma once

#include <optional>

#include "alert/encryption.h"
#include "alert/operations.h"
#include "ingest/operation.h"

namespace sidecar {

struct OperationKinds {
  alert::OperationKind kind = alert::OperationKind::Query;
  std::optional<alert::EncryptionKind> encryption;  // where it is any

  bool operator==(const OperationKinds&) const = default;
};

/// The kinds an application may name: those of alert::OperationKind, and "field_encryption",
/// "bulk_encryption", "key_rotation". One that is none of them says nothing.
OperationKinds kinds_of(const ingest::Operation& operation);

}  // namespace sidecar
