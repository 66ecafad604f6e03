#include "metrics/runtime_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "promtool.h"

namespace metrics {
namespace {

using base::millis;
using testing::HasSubstr;

TEST(RuntimeMetrics, EverySeriesOfAControllerIsThereFromTheBeginning) {
  RuntimeMetrics metrics;
  metrics.declare_controller("drill", 2, [] { return QueueFigures{}; });
  metrics.declare_election("muster", [] { return false; });
  const std::string text = metrics.text();
  for (const char* line :
       {R"(controller_runtime_reconcile_total{controller="drill",result="success"} 0)",
        R"(controller_runtime_reconcile_total{controller="drill",result="error"} 0)",
        R"(controller_runtime_reconcile_total{controller="drill",result="requeue_after"} 0)",
        R"(controller_runtime_reconcile_errors_total{controller="drill"} 0)",
        R"(controller_runtime_reconcile_time_seconds_count{controller="drill"} 0)",
        R"(controller_runtime_max_concurrent_reconciles{controller="drill"} 2)",
        R"(controller_runtime_active_workers{controller="drill"} 0)",
        R"(workqueue_depth{controller="drill",name="drill"} 0)",
        R"(workqueue_adds_total{controller="drill",name="drill"} 0)",
        R"(workqueue_queue_duration_seconds_count{controller="drill",name="drill"} 0)",
        R"(workqueue_work_duration_seconds_count{controller="drill",name="drill"} 0)",
        R"(workqueue_unfinished_work_seconds{controller="drill",name="drill"} 0)",
        R"(workqueue_longest_running_processor_seconds{controller="drill",name="drill"} 0)",
        R"(workqueue_retries_total{controller="drill",name="drill"} 0)",
        R"(leader_election_master_status{name="muster"} 0)"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_EQ(complaint(text), "");
}

TEST(RuntimeMetrics, CountsWhatWasReconciled) {
  RuntimeMetrics metrics;
  QueueFigures figures;
  bool leads = true;
  metrics.declare_controller("drill", 1, [&] { return figures; });
  metrics.declare_election("muster", [&] { return leads; });
  metrics.reconciled("drill", "success", millis(1), millis(20));
  metrics.reconciled("drill", "error", millis(1), millis(20));
  metrics.reconciled("drill", "terminal", millis(1), millis(20));
  metrics.reconciled("nobody", "success", millis(1), millis(20));
  figures = {3, 1, 7, 2, millis(1500), millis(1500)};
  std::string text = metrics.text();
  for (const char* line :
       {R"(controller_runtime_reconcile_total{controller="drill",result="success"} 1)",
        R"(controller_runtime_reconcile_total{controller="drill",result="error"} 2)",
        R"(controller_runtime_reconcile_errors_total{controller="drill"} 2)",
        R"(controller_runtime_terminal_reconcile_errors_total{controller="drill"} 1)",
        R"(controller_runtime_reconcile_time_seconds_bucket{controller="drill",le="0.025"} 3)",
        R"(workqueue_depth{controller="drill",name="drill"} 3)",
        R"(workqueue_adds_total{controller="drill",name="drill"} 7)",
        R"(workqueue_retries_total{controller="drill",name="drill"} 2)",
        R"(workqueue_unfinished_work_seconds{controller="drill",name="drill"} 1.5)",
        R"(leader_election_master_status{name="muster"} 1)"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  figures.adds = 9;
  leads = false;
  text = metrics.text();
  EXPECT_THAT(text, HasSubstr(R"(workqueue_adds_total{controller="drill",name="drill"} 9)"));
  EXPECT_THAT(text, HasSubstr(R"(leader_election_master_status{name="muster"} 0)"));
}

TEST(RuntimeMetrics, CountsRequestsByCodeMethodAndHost) {
  RuntimeMetrics metrics;
  metrics.requested("200", "GET", "127.0.0.1:6443");
  metrics.requested("200", "GET", "127.0.0.1:6443");
  metrics.requested("<error>", "PATCH", "127.0.0.1:6443");
  const std::string text = metrics.text();
  EXPECT_THAT(
      text,
      HasSubstr(R"(rest_client_requests_total{code="200",host="127.0.0.1:6443",method="GET"} 2)"));
  EXPECT_THAT(
      text,
      HasSubstr(
          R"(rest_client_requests_total{code="<error>",host="127.0.0.1:6443",method="PATCH"} 1)"));
  EXPECT_EQ(complaint(text), "");
}

}  // namespace
}  // namespace metrics
