// What the faults that end pods of a workload have in common: which pods, that they are gone when
// it is done, and that the workload is ready again when it is undone.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cluster/cluster_target.h"
#include "cluster/rights.h"
#include "targets/driver.h"

namespace cluster {

/// The fields that choose the pods: `workload`, `count`.
std::vector<api::FieldSpec> ending_fields();

class EndingPods : public targets::Driver {
 public:
  const api::ActionKind& kind() const override { return kind_; }
  drill::Undo rule(const api::Node& params) const override;
  std::vector<std::string> touches(const api::Node& params) const override;
  aio::Task<base::Result<>> preflight(targets::Context& context, api::Node params,
                                      std::stop_token stop) override;
  aio::Task<base::Result<api::Node>> prepare(targets::Context& context, api::Node params,
                                             std::stop_token stop) override;
  aio::Task<base::Result<std::string>> apply(targets::Context& context, api::Node params,
                                             api::Node undo, std::stop_token stop) override;
  aio::Task<base::Result<>> undo(targets::Context& context, api::Node params, api::Node journal,
                                 std::stop_token stop) override;

 protected:
  /// `done`: "evicted". `rights`: what end() needs.
  EndingPods(api::ActionKind kind, std::string done, std::vector<Right> rights)
      : kind_(std::move(kind)), done_(std::move(done)), rights_(std::move(rights)) {}

  /// Asks for the end of one. Ok where it is gone already.
  virtual aio::Task<base::Result<>> end(targets::Context& context, Pod pod, api::Node params,
                                        std::stop_token stop) = 0;

 private:
  api::ActionKind kind_;
  std::string done_;
  std::vector<Right> rights_;
};

}  // namespace cluster
