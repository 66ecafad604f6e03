#include "targets/step_command.h"

#include <fmt/format.h>

#include "targets/fields.h"

namespace targets {
namespace {

using api::Node;

api::ActionKind table() {
  using namespace fields;
  return kind("command", api::Use::Fault | api::Use::Step,
              "Runs a program; exit code 0 is success.",
              {argv("argv", Need::Required,
                    "program and arguments; no shell; the program may lie in {home}"),
               argv("undo", Need::Optional,
                    "program and arguments that put back what argv changed; may be repeated"),
               choice("undoWhen", {"IfNotPromoted", "Always"}, "IfNotPromoted",
                      "whether the undo is right after another node took over, too"),
               integer("timeoutSeconds", {1, 3600}, 60, "when the program is ended, in seconds")});
}

api::CommandSpec command_of(const Node& params, std::string_view key) {
  return {params[key].as_strings(), params["timeoutSeconds"].as_int(60)};
}

// The last line of what it printed, for the timeline.
std::string last_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) {
    text.remove_suffix(1);
  }
  const auto begin = text.rfind('\n');
  return std::string(begin == std::string_view::npos ? text : text.substr(begin + 1));
}

class CommandStep final : public Driver {
 public:
  const api::ActionKind& kind() const override { return kind_; }
  drill::Undo rule(const Node& params) const override {
    if (params["undo"].size() == 0) {
      return drill::Undo::None;
    }
    return params["undoWhen"].as_string() == "Always" ? drill::Undo::Always
                                                      : drill::Undo::IfNotPromoted;
  }
  // Exit code 0 says that the program is content, not that anything is broken.
  bool needs_proof(const Node&) const override { return true; }
  // A command may touch anything; it counts as one target, named by its program.
  std::vector<std::string> touches(const Node& params) const override {
    const auto argv = params["argv"].as_strings();
    return {argv.empty() ? std::string("command") : argv.front()};
  }

  aio::Task<base::Result<Node>> prepare(Context&, Node params, std::stop_token) override {
    co_return Node::strings(params["undo"].as_strings());
  }

  aio::Task<base::Result<std::string>> apply(Context& context, Node params, Node,
                                             std::stop_token stop) override {
    const api::CommandSpec command = command_of(params, "argv");
    const std::string what = command.argv.empty() ? std::string("command") : command.argv.front();
    CO_TRY(const std::string said, co_await context.local().require(what, command, stop));
    const std::string line = last_line(said);
    co_return line.empty() ? what : fmt::format("{}: {}", what, line);
  }

  aio::Task<base::Result<>> undo(Context& context, Node params, Node undo,
                                 std::stop_token stop) override {
    const std::vector<std::string> argv = undo.as_strings();
    if (argv.empty()) {
      co_return base::Result<>{};
    }
    const api::CommandSpec command{argv, params["timeoutSeconds"].as_int(60)};
    CO_TRY(co_await context.local().require("undo by " + argv.front(), command, stop));
    co_return base::Result<>{};
  }

 private:
  api::ActionKind kind_ = table();
};

}  // namespace

std::unique_ptr<Driver> make_command_step() {
  return std::make_unique<CommandStep>();
}

}  // namespace targets
