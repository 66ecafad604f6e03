// The part of a drill's runner that holds the drill, whatever is measured meanwhile: it claims the
// Drill for this pod, keeps the undo journal in its status, confirms right before each change that
// the drill is still this pod's, says how it stands, listens to abort, deletion and approvals, and
// says the end until it is said.
//
// It ends at once, without undoing, when another pod has taken the drill over: then that one
// undoes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "drill/evidence.h"
#include "kube/recorder.h"
#include "operator/pod_program.h"
#include "operator/told_status.h"
#include "runner/status.h"
#include "targets/driver.h"

namespace op {

class DrillHolder : public PodProgram, private targets::Approvals {
 protected:
  using PodProgram::PodProgram;

  /// What is done while the drill is held. Members of the status that tell the end of it.
  /// Errors: why nothing could begin; then nothing was touched.
  virtual aio::Task<base::Result<std::vector<cluster::Member>>> drill() = 0;

  // --- for drill() ---

  /// It begins, as this drill of the history. Errors: what the server says.
  aio::Task<base::Result<>> begin(std::string id, base::Duration deadline);
  /// Right before something is changed: the drill is this pod's, as the server says now.
  aio::Task<base::Result<>> confirm(std::stop_token stop);
  void show(const runner::DrillStatus& now);
  /// The timeline, for `kubectl describe`.
  void tell_event(const drill::TimelineEvent& entry);
  targets::Approvals& approvals() { return *this; }
  /// Requested when the drill is to end, also before there is anything to abort.
  std::stop_token ending() const { return begun_.get_token(); }
  /// Who aborts what runs, once; called at once where the end was asked for already. Empty: nothing
  /// runs.
  void abort_by(std::function<void(const std::string& why)> abort);
  aio::Task<base::Result<>> write(std::vector<cluster::Member> members);

 private:
  aio::Task<base::Result<bool>> whole() override;
  aio::Task<base::Result<>> claim_in_time();
  aio::Task<base::Result<>> listen_for_end(std::stop_token stop);
  aio::Task<base::Result<>> watch(std::stop_token stop);
  aio::Task<base::Result<>> tell(std::stop_token stop);
  aio::Task<base::Result<bool>> say_end(std::vector<cluster::Member> members);
  aio::Task<std::vector<cluster::Member>> failed(base::Error error);
  aio::Task<> let_go();
  void end(const std::string& why);
  aio::Task<> leave();

  bool approved(const std::string& step) const override;
  void ask(const std::string& step, const std::string& message) override;
  void answered(const std::string& step) override;

  std::optional<kube::EventRecorder> events_;
  std::function<void(const std::string& why)> abort_;
  ToldStatus told_;
  ToldStatus::Now now_;
  std::optional<std::string> ending_;
  std::stop_source begun_;
};

}  // namespace op
