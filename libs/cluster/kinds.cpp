#include "cluster/kinds.h"

#include "cluster/condition_workload.h"
#include "cluster/fault_cordon.h"
#include "cluster/fault_delete_pods.h"
#include "cluster/fault_deny_network.h"
#include "cluster/fault_detach.h"
#include "cluster/fault_drain.h"
#include "cluster/fault_evict.h"
#include "cluster/fault_sidecar.h"
#include "cluster/step_exec.h"
#include "cluster/step_manifest.h"
#include "cluster/step_patch.h"
#include "cluster/step_scale.h"
#include "cluster/step_select.h"
#include "targets/condition_http.h"
#include "targets/condition_postgres.h"
#include "targets/condition_probe.h"
#include "targets/step_approval.h"
#include "targets/step_sql.h"
#include "targets/step_wait_for.h"

namespace cluster {

targets::Catalog cluster_catalog() {
  targets::Catalog catalog;
  // Faults.
  catalog.add(make_delete_pods_fault());
  catalog.add(make_evict_fault());
  catalog.add(make_cordon_fault());
  catalog.add(make_drain_fault());
  catalog.add(make_detach_fault());
  catalog.add(make_deny_network_fault());
  catalog.add(make_sidecar_fault());
  // Faults and steps.
  catalog.add(make_scale_step());
  catalog.add(make_select_step());
  catalog.add(make_exec_step());
  catalog.add(make_patch_step());
  catalog.add(make_manifest_step());
  // Steps.
  catalog.add(targets::make_sql_step());
  catalog.add(targets::make_wait_for_step());
  catalog.add(targets::make_approval_step());
  // Conditions.
  catalog.add(make_workload_condition());
  catalog.add(make_exec_condition());
  catalog.add(targets::make_postgres_condition());
  catalog.add(targets::make_http_condition());
  catalog.add(targets::make_probe_condition());
  return catalog;
}

}  // namespace cluster
