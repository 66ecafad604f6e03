// What an application's operations come to: figures by kind and name with their alerts, and those
// of encryption with their grades. Told as JSON by the query API and as text to Prometheus. Memory
// has the bounds of alert/operations.h and alert/encryption.h.
#pragma once

#include <string>

#include "alert/encryption.h"
#include "alert/operations.h"
#include "api/node.h"
#include "ingest/operation.h"
#include "sidecar/alert_settings.h"

namespace sidecar {

/// Thread: one at a time.
class OperationBook {
 public:
  explicit OperationBook(const AlertSettings& settings = {});

  /// Other limits, from now on.
  void use(const AlertSettings& settings);
  /// Counts it, and logs what has to be told. `now` never decreases.
  void add(const ingest::Operation& operation, base::TimePoint now);
  /// Encryption of the sidecar's own.
  void add_own(const alert::EncryptionOperation& operation, base::TimePoint now);

  api::Node operations_node() const;
  api::Node encryption_node() const;
  /// The text format 0.0.4.
  std::string exposition() const;

 private:
  void encrypted(const alert::EncryptionOperation& operation, base::TimePoint now);
  std::string encryption_text() const;

  alert::Operations operations_;
  alert::Encryption encryption_;
};

}  // namespace sidecar
