#include "sidecar/operation_kind.h"

#include <gtest/gtest.h>

namespace sidecar {
namespace {

using alert::EncryptionKind;
using alert::OperationKind;

OperationKinds of(std::string name, std::string kind = "", std::uint64_t records = 0) {
  return kinds_of({std::move(name), base::millis(1), true, std::move(kind), 0, records});
}

TEST(OperationKind, IsWhatTheNameSays) {
  struct Case {
    const char* name;
    OperationKind kind;
  };
  for (const Case& test : {Case{"db.query", OperationKind::DatabaseQuery},
                           {"SELECT orders", OperationKind::DatabaseQuery},
                           {"GET /users", OperationKind::ApiEndpoint},
                           {"orders_bulk", OperationKind::Bulk},
                           {"websocket push", OperationKind::RealTimeUpdate},
                           {"widget", OperationKind::Query},
                           {"", OperationKind::Query}}) {
    EXPECT_EQ(of(test.name), (OperationKinds{test.kind, std::nullopt})) << test.name;
  }
}

TEST(OperationKind, IsRatherWhatTheApplicationSays) {
  EXPECT_EQ(of("SELECT orders", "bulk").kind, OperationKind::Bulk);
  EXPECT_EQ(of("encrypt", "query"), (OperationKinds{OperationKind::Query, std::nullopt}));
  EXPECT_EQ(of("SELECT orders", "nonsense").kind, OperationKind::DatabaseQuery);
}

TEST(OperationKind, KnowsTheFourOfEncryption) {
  const auto encryption = [](EncryptionKind kind) {
    return OperationKinds{OperationKind::Encryption, kind};
  };
  EXPECT_EQ(of("Encrypt.Field"), encryption(EncryptionKind::Field));
  EXPECT_EQ(of("encrypt", "", 2), encryption(EncryptionKind::Bulk));
  EXPECT_EQ(of("bulk_encrypt"), encryption(EncryptionKind::Bulk));
  EXPECT_EQ(of("key-rotation"), encryption(EncryptionKind::KeyRotation));
  EXPECT_EQ(of("log rotation").encryption, std::nullopt);
  EXPECT_EQ(of("decrypt card"),
            (OperationKinds{OperationKind::Decryption, EncryptionKind::Decryption}));
  EXPECT_EQ(of("x", "encryption"), encryption(EncryptionKind::Field));
  EXPECT_EQ(of("x", "decryption").encryption, EncryptionKind::Decryption);
  EXPECT_EQ(of("x", "field_encryption", 5), encryption(EncryptionKind::Field));
  EXPECT_EQ(of("x", "bulk_encryption"), encryption(EncryptionKind::Bulk));
  EXPECT_EQ(of("x", "key_rotation"), encryption(EncryptionKind::KeyRotation));
}

}  // namespace
}  // namespace sidecar
