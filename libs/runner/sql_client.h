// targets::SqlClient over probes::PgInstances: drivers and conditions ask a database without
// seeing its client library.
#pragma once

#include "probes/pg_instance.h"
#include "targets/sql.h"

namespace runner {

class SqlOverInstances final : public targets::SqlClient {
 public:
  /// Lifetime: `instances` outlives it.
  explicit SqlOverInstances(probes::PgInstances& instances) : instances_(instances) {}

  aio::Task<base::Result<targets::SqlRows>> query(std::string instance, std::string statement,
                                                  base::Duration limit,
                                                  std::stop_token stop) override;
  aio::Task<base::Result<targets::InstanceView>> look(std::string instance,
                                                      std::stop_token stop) override;

 private:
  probes::PgInstances& instances_;
};

}  // namespace runner
