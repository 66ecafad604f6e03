#include "targets/step_sql.h"

#include <fmt/format.h>

#include "targets/fields.h"

namespace targets {
namespace {

using api::Node;

api::ActionKind table() {
  using namespace fields;
  return kind(
      "sql", api::Use::Step, "Runs one SQL statement on an instance.",
      {reference("instance", Names::Instance, Need::Required, "the database instance"),
       text("statement", Need::Required, "the statement, in a transaction of its own"),
       text("expect", Need::Optional, "what the first column of the first row must be, as text"),
       integer("timeoutSeconds", {1, 3600}, 60, "when its answer is given up, in seconds")});
}

class SqlStep final : public Driver {
 public:
  const api::ActionKind& kind() const override { return kind_; }
  drill::Undo rule(const Node&) const override { return drill::Undo::None; }
  std::vector<std::string> touches(const Node& params) const override {
    return {params["instance"].as_string()};
  }

  aio::Task<base::Result<Node>> prepare(Context& context, Node, std::stop_token) override {
    if (context.sql == nullptr) {
      co_return base::fail(base::Code::FailedPrecondition, "no SQL client: sql steps cannot run");
    }
    co_return Node();
  }

  aio::Task<base::Result<std::string>> apply(Context& context, Node params, Node,
                                             std::stop_token stop) override {
    const std::string& instance = params["instance"].as_string();
    const auto limit = base::seconds(params["timeoutSeconds"].as_int(60));
    CO_TRY(const SqlRows rows,
           co_await context.sql->query(instance, params["statement"].as_string(), limit, stop));
    const bool has_value = !rows.rows.empty() && !rows.rows.front().empty();
    const std::string value =
        has_value ? rows.rows.front().front().value_or("NULL") : std::string("no row");
    if (const Node* expect = params.find("expect");
        expect != nullptr && expect->is_string() && expect->as_string() != value) {
      co_return base::fail(
          base::Code::FailedPrecondition,
          fmt::format("{} answered '{}', expected '{}'", instance, value, expect->as_string()));
    }
    co_return has_value ? fmt::format("{} answered '{}'", instance, value)
                        : fmt::format("done on {}", instance);
  }

  aio::Task<base::Result<>> undo(Context&, Node, Node, std::stop_token) override {
    co_return base::Result<>{};
  }

 private:
  api::ActionKind kind_ = table();
};

}  // namespace

std::unique_ptr<Driver> make_sql_step() {
  return std::make_unique<SqlStep>();
}

}  // namespace targets
