#include "operator/check.h"

#include <algorithm>
#include <cstdlib>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "aio/clock.h"
#include "aio/task_group.h"
#include "api/node.h"
#include "cluster/drill_object.h"
#include "kube/client.h"
#include "kube/config.h"
#include "kube/taken.h"
#include "operator/log.h"
#include "operator/profile_delivery.h"
#include "runner/http_client.h"

namespace op {
namespace {

constexpr base::Duration kAskEvery = base::seconds(1);
constexpr base::Duration kAnswerWithin = base::seconds(5);

class Check {
 public:
  explicit Check(const CheckOptions& options) : options_(options) {}

  int run() {
    const auto good = aio::run(context_, whole());
    if (!good) say("error: " + good.error().message);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
  }

 private:
  aio::Task<base::Result<bool>> whole() {
    CO_TRY(const kube::Config config, kube::load_config(options_.kubeconfig, {}));
    CO_TRY(client_, kube::Client::make(clock_, context_.get_executor(), config, {}));
    const base::TimePoint until = clock_.now() + options_.within;
    while (true) {
      const auto good = co_await look();
      if (good) break;
      if (clock_.now() >= until) co_return tl::unexpected(good.error());
      static_cast<void>(co_await aio::wait_for(clock_, kAskEvery, {}));
    }
    say(fmt::format("{} is ready, and the API server has its kinds", options_.url));
    co_return true;
  }

  aio::Task<base::Result<>> look() {
    const std::string group = "/apis/" + cluster::kDrills.api_version();
    CO_TRY(const kube::Reply reply,
           kube::taken(co_await client_->send("GET", group, "", "", {}), "get " + group));
    const std::vector<std::string> missing = missing_kinds(reply.body);
    if (!missing.empty()) {
      co_return base::fail(base::Code::NotFound,
                           fmt::format("the API server does not serve {} of {}",
                                       fmt::join(missing, ", "), cluster::kDrills.api_version()));
    }
    runner::HttpGet http(clock_, context_.get_executor(), nullptr);
    const auto status = co_await http.status(options_.url, kAnswerWithin, {});
    if (!status) co_return tl::unexpected(status.error().with(options_.url));
    if (*status != 200) {
      co_return base::fail(base::Code::Unavailable,
                           fmt::format("{} answers {} instead of 200", options_.url, *status));
    }
    co_return base::Result<>{};
  }

  const CheckOptions& options_;
  boost::asio::io_context context_;
  aio::SystemClock clock_;
  std::unique_ptr<kube::Client> client_;
};

}  // namespace

std::vector<std::string> missing_kinds(std::string_view discovery) {
  std::vector<std::string> out;
  for (const kube::Resource* kind :
       {&cluster::kPlans, &cluster::kSchedules, &cluster::kDrills, &kSidecarProfiles}) {
    out.push_back(kind->plural);
    out.push_back(kind->plural + "/status");
  }
  const auto list = api::parse_json(discovery);
  if (!list) return out;
  for (const api::Node& resource : (*list)["resources"].items()) {
    const std::string& name = resource["name"].as_string();
    out.erase(std::remove(out.begin(), out.end(), name), out.end());
  }
  return out;
}

int check(const CheckOptions& options) {
  return Check(options).run();
}

}  // namespace op
