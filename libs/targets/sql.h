// What drivers and conditions need of a database, without the database's client library, which only
// libs/probes may see. The runner hands in the real one.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "aio/task.h"
#include "base/result.h"
#include "base/time.h"

namespace targets {

/// Rows as text; NULL is nullopt.
struct SqlRows {
  std::vector<std::string> columns;
  std::vector<std::vector<std::optional<std::string>>> rows;
};

enum class InstanceState : std::uint8_t { Down, Standby, Primary };
const char* name(InstanceState state);

struct InstanceView {
  InstanceState state = InstanceState::Down;
  std::string detail;  // why it is down, which server answered
  std::optional<std::uint64_t>
      lag_bytes;  // a standby: what the primary has and it has not replayed
};

class SqlClient {
 public:
  virtual ~SqlClient() = default;

  /// One statement on an instance of the system, named as in its file, over a connection of its
  /// own.
  /// Errors: Unavailable where no connection is had (nothing was sent), FailedPrecondition with the
  /// server's message and SQLSTATE where it refused, DeadlineExceeded where the answer did not come
  /// (the statement may have taken effect), NotFound for a name that is no database.
  /// Cancellation: Cancelled; the statement may have taken effect.
  virtual aio::Task<base::Result<SqlRows>> query(std::string instance, std::string statement,
                                                 base::Duration limit, std::stop_token stop) = 0;

  /// What a client sees of an instance. Being down is a view, not an Error.
  virtual aio::Task<base::Result<InstanceView>> look(std::string instance,
                                                     std::stop_token stop) = 0;
};

}  // namespace targets
