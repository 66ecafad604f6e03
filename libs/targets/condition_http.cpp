#include "targets/condition_http.h"

#include <fmt/format.h>

#include "targets/fields.h"

namespace targets {
namespace {

using api::Node;

api::ActionKind table() {
  using namespace fields;
  return kind("http", api::Use::Condition, "A GET is answered with a status.",
              {text("url", Need::Required, "http:// or https:// address"),
               integer("status", {100, 599}, 200, "the status that is wanted"),
               integer("timeoutMillis", {1, 60'000}, 2'000,
                       "when one answer is given up, in milliseconds")});
}

class HttpCondition final : public Condition {
 public:
  const api::ActionKind& kind() const override { return kind_; }

  aio::Task<base::Result<Check>> check(Context& context, Node params,
                                       std::stop_token stop) override {
    if (context.http == nullptr) {
      co_return base::fail(base::Code::FailedPrecondition,
                           "no HTTP client: addresses cannot be asked");
    }
    const std::string& url = params["url"].as_string();
    const auto limit = base::millis(params["timeoutMillis"].as_int(2'000));
    const auto status = co_await context.http->status(url, limit, stop);
    if (!status) {
      const base::Code code = status.error().code;
      if (code == base::Code::Cancelled || code == base::Code::InvalidArgument) {
        co_return tl::unexpected(status.error());
      }
      co_return Check{false, fmt::format("{}: {}", url, status.error().message)};
    }
    co_return Check{*status == params["status"].as_int(200),
                    fmt::format("{} answered {}", url, *status)};
  }

 private:
  api::ActionKind kind_ = table();
};

}  // namespace

std::unique_ptr<Condition> make_http_condition() {
  return std::make_unique<HttpCondition>();
}

}  // namespace targets
