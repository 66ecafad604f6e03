#include "runner/sql_client.h"

#include <utility>

namespace runner {

aio::Task<base::Result<targets::SqlRows>> SqlOverInstances::query(std::string instance,
                                                                  std::string statement,
                                                                  base::Duration limit,
                                                                  std::stop_token stop) {
  CO_TRY(probes::PgResult result,
         co_await instances_.query(std::move(instance), std::move(statement), limit, stop));
  co_return targets::SqlRows{std::move(result.columns), std::move(result.rows)};
}

aio::Task<base::Result<targets::InstanceView>> SqlOverInstances::look(std::string instance,
                                                                      std::stop_token stop) {
  CO_TRY(const probes::PgInstanceView seen, co_await instances_.look(std::move(instance), stop));
  targets::InstanceView view;
  view.detail = seen.detail;
  view.lag_bytes = seen.lag_bytes;
  switch (seen.role) {
    case probes::PgInstanceView::Role::Down: view.state = targets::InstanceState::Down; break;
    case probes::PgInstanceView::Role::Standby: view.state = targets::InstanceState::Standby; break;
    case probes::PgInstanceView::Role::Primary: view.state = targets::InstanceState::Primary; break;
  }
  if (view.state != targets::InstanceState::Down) view.detail = seen.identity.name();
  co_return view;
}

}  // namespace runner
