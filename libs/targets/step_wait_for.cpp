#include "targets/step_wait_for.h"

#include "targets/catalog.h"
#include "targets/fields.h"

namespace targets {
namespace {

using api::Node;

api::ActionKind table() {
  using namespace fields;
  return kind("waitFor", api::Use::Step, "Waits until a condition holds.",
              {field("condition", api::FieldType::Condition, Need::Required,
                     "the condition, by its kind")});
}

class WaitForStep final : public Driver {
 public:
  const api::ActionKind& kind() const override { return kind_; }
  bool changes_target() const override { return false; }
  drill::Undo rule(const Node&) const override { return drill::Undo::None; }
  std::vector<std::string> touches(const Node&) const override { return {}; }

  aio::Task<base::Result<Node>> prepare(Context& context, Node params, std::stop_token) override {
    CO_TRY(nested_condition(context.catalog, params));
    co_return Node();
  }

  aio::Task<base::Result<std::string>> apply(Context& context, Node params, Node,
                                             std::stop_token stop) override {
    CO_TRY(const api::Action condition, nested_condition(context.catalog, params));
    co_return co_await wait_for_condition(context, condition, stop);
  }

  aio::Task<base::Result<>> undo(Context&, Node, Node, std::stop_token) override {
    co_return base::Result<>{};
  }

 private:
  api::ActionKind kind_ = table();
};

}  // namespace

std::unique_ptr<Driver> make_wait_for_step() {
  return std::make_unique<WaitForStep>();
}

}  // namespace targets
