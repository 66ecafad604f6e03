#include "operator/vantage_exec.h"

#include "kube/exec_session.h"
#include "operator/drill_pods.h"

namespace op {
namespace {

constexpr std::size_t kErrorBytes = 4096;

class ExecLink final : public runner::Link {
 public:
  explicit ExecLink(std::unique_ptr<kube::ExecSession> session) : session_(std::move(session)) {}

  aio::Task<base::Result<std::string>> read(std::stop_token stop) override {
    return session_->read(std::move(stop));
  }
  aio::Task<base::Result<>> write(std::string bytes, std::stop_token stop) override {
    return session_->write(std::move(bytes), std::move(stop));
  }
  aio::Task<> close(std::stop_token stop) override { return session_->close(std::move(stop)); }

 private:
  std::unique_ptr<kube::ExecSession> session_;
};

aio::Task<base::Result<std::unique_ptr<runner::Link>>> open_link(kube::Client& client,
                                                                 kube::ExecRequest request,
                                                                 std::stop_token stop) {
  CO_TRY(auto session,
         co_await kube::ExecSession::open(client, std::move(request), std::move(stop)));
  co_return std::make_unique<ExecLink>(std::move(session));
}

}  // namespace

runner::Connect vantage_of_guardian(kube::Client& client, const kube::Key& drill) {
  kube::ExecRequest request;
  request.pod = {drill.space, pod_name(drill.name, PodRole::Guardian)};
  request.container = kVantageContainer;
  request.argv = {"muster-operator", "vantage-link"};
  request.output_bytes_max = kErrorBytes;
  return [&client, request](std::stop_token stop) {
    return open_link(client, request, std::move(stop));
  };
}

}  // namespace op
