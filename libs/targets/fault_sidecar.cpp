#include "targets/fault_sidecar.h"

#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "targets/fields.h"
#include "targets/lease.h"
#include "targets/sidecar_files.h"
#include "targets/sidecar_lease.h"

namespace targets {
namespace {

using api::Node;

api::ActionKind table() {
  using namespace fields;
  std::vector<api::FieldSpec> out = {
      reference("process", Names::Process, Need::Required, "the sidecar's process"),
      text("admin", Need::Required, "its admin address, HOST:PORT"),
      text("tokenFile", Need::Optional, "a file with the token of its admin API"),
      text("caFile", Need::Optional,
           "its admin port speaks TLS: certificates to trust; default: HTTP in the open"),
      text("certFile", Need::Optional,
           "the drill's certificate and its issuers, where the admin port asks for one, in PEM"),
      text("keyFile", Need::Optional, "its key, in PEM, without a passphrase"),
      text("serverName", Need::Optional,
           "the name in the sidecar's certificate; default: the host of `admin`")};
  std::vector<api::FieldSpec> what = sidecar_fault_fields();
  std::move(what.begin(), what.end(), std::back_inserter(out));
  return kind("sidecar", api::Use::Fault,
              "Hurts the traffic that a sidecar passes on, for as long as the drill renews it.",
              std::move(out));
}

tl::unexpected<base::Error> missing(std::string_view field, std::string_view beside) {
  return base::fail(base::Code::InvalidArgument,
                    fmt::format("sidecar.{}: missing: beside {} it is needed", field, beside));
}

base::Result<> check_tls(const Node& params) {
  const auto says = [&](const char* field) { return !params[field].as_string().empty(); };
  if (says("certFile") && !says("keyFile")) return missing("keyFile", "certFile");
  if (says("keyFile") && !says("certFile")) return missing("certFile", "keyFile");
  if (says("caFile")) return {};
  for (const char* field : {"certFile", "serverName"}) {
    if (says(field)) return missing("caFile", field);
  }
  return {};
}

/// The sidecar of a fault, and the fault itself.
struct Held {
  Held(Context& context, const Node& params, std::string id)
      : place(params), lease(context.clock, place, params, std::move(id)) {}
  Held(Context& context, const Node& params, const Node& undo)
      : Held(context, params, undo["id"].as_string()) {}
  SidecarFiles place;
  SidecarLease lease;
};

class SidecarFault final : public Driver, public Lease {
 public:
  const api::ActionKind& kind() const override { return kind_; }
  drill::Undo rule(const Node&) const override { return drill::Undo::Always; }
  std::vector<std::string> touches(const Node& params) const override {
    return {params["process"].as_string()};
  }

  base::Result<> check(const Node& params) const override {
    TRY(check_tls(params));
    return check_sidecar_fault(params);
  }

  aio::Task<base::Result<Node>> prepare(Context& context, Node params,
                                        std::stop_token stop) override {
    const std::string id = draw_sidecar_fault_id();
    Held held(context, params, id);
    CO_TRY(co_await held.lease.look(std::move(stop)));
    co_return Node::map().set("id", id);
  }

  aio::Task<base::Result<std::string>> apply(Context& context, Node params, Node undo,
                                             std::stop_token stop) override {
    Held held(context, params, undo);
    CO_TRY(co_await held.lease.begin(std::move(stop)));
    begun_.insert_or_assign(undo["id"].as_string(), *held.lease.begun());
    co_return fmt::format("{} by {}", text_of_sidecar_fault(params), params["process"].as_string());
  }

  aio::Task<base::Result<std::string>> prove(Context& context, Node params, Node undo,
                                             std::stop_token stop) override {
    Held held(context, params, undo);
    CO_TRY(co_await held.lease.prove(std::move(stop)));
    co_return fmt::format("{} has {} in force", params["process"].as_string(),
                          params["action"].as_string());
  }

  aio::Task<base::Result<>> sustain(Context& context, Node params, Node undo, Lost,
                                    std::stop_token stop) override {
    Held held(context, params, undo);
    const auto begun = begun_.find(undo["id"].as_string());
    co_return co_await held.lease.keep(
        begun == begun_.end() ? std::nullopt : std::optional(begun->second), std::move(stop));
  }

  aio::Task<base::Result<>> undo(Context& context, Node params, Node undo,
                                 std::stop_token stop) override {
    begun_.erase(undo["id"].as_string());
    Held held(context, params, undo);
    co_return co_await held.lease.end(std::move(stop));
  }

 private:
  api::ActionKind kind_ = table();
  std::map<std::string, base::TimePoint> begun_;  // the faults in force, by id
};

}  // namespace

std::unique_ptr<Driver> make_sidecar_fault() {
  return std::make_unique<SidecarFault>();
}

}  // namespace targets
