// Commands that need no drill: version, validate, schema, and the two processes that a
// drill starts of its own program.
#include <csignal>

#include <fmt/format.h>

#include "aio/signal.h"
#include "aio/task_group.h"
#include "api/json_schema.h"
#include "cli/commands.h"
#include "cli/version.h"
#include "probes/responder.h"
#include "report/json.h"
#include "report/rows.h"
#include "runner/drill_target.h"
#include "targets/relay.h"

namespace cli {

Exit run(const Version& command, const Global& /*global*/, Console& console) {
  const std::string json = api::to_json(api::Node::map()
                                            .set("version", version())
                                            .set("revision", revision())
                                            .set("compiler", compiler())
                                            .set("apiVersion", api::kGroupVersion),
                                        2) +
                           "\n";
  switch (command.output) {
    case Output::Json: console.data(json); break;
    case Output::Yaml: console.data(report::yaml_of_json(json).value_or(json)); break;
    case Output::Table: console.data(version_line() + "\n"); break;
  }
  return Exit::Ok;
}

Exit run(const Schema& command, const Global& /*global*/, Console& console) {
  if (command.kind == "Report") {
    console.data(report::json_schema());
    return Exit::Ok;
  }
  const targets::Catalog catalog = targets::local_catalog();
  const api::ActionCatalog kinds = runner::action_catalog(catalog);
  const api::Node schema = api::json_schema(kinds);
  console.data(api::to_json(schema, 2) + "\n");
  return Exit::Ok;
}

Exit run(const Validate& command, const Global& /*global*/, Console& console) {
  const targets::Catalog catalog = targets::local_catalog();
  const api::ActionCatalog kinds = runner::action_catalog(catalog);
  bool good = true;
  for (const std::string& file : command.files) {
    const auto checked = runner::check_file(file, kinds);
    if (!checked) {
      console.note(api::format(checked.error()));
      good = false;
      continue;
    }
    for (const std::string& warning : checked->warnings) {
      console.note(fmt::format("{}: warning: {}\n", file, warning));
    }
    console.data(fmt::format("{}: {} is valid\n", file, checked->what));
  }
  return good ? Exit::Ok : Exit::Usage;
}

namespace {

aio::Task<base::Result<>> relay_until_signal(aio::Clock& clock, targets::RelayOptions options) {
  aio::TaskGroup group(co_await boost::asio::this_coro::executor);
  group.spawn(targets::run_relay(clock, std::move(options), group.token()));
  static_cast<void>(co_await aio::wait_signal({SIGINT, SIGTERM}, group.token()));
  group.cancel();
  co_return co_await group.join();
}

}  // namespace

Exit run(const Relay& command, const Global& /*global*/, Console& console) {
  targets::RelayOptions options;
  options.name = command.name;
  options.listen = command.listen;
  options.upstream = command.upstream;
  options.control = command.control;
  options.pid_file = command.pid_file;
  options.delay = base::millis(command.delay_millis);
  boost::asio::io_context context;
  aio::SystemClock clock;
  const auto done = aio::run(context, relay_until_signal(clock, std::move(options)));
  return done ? Exit::Ok : failed(console, done.error());
}

Exit run(const Responder& command, const Global& /*global*/, Console& console) {
  const auto options = probes::ResponderOptions::parse(command.arguments);
  if (!options) return failed(console, options.error());
  const auto done = probes::run_responder(*options);
  return done ? Exit::Ok : failed(console, done.error());
}

}  // namespace cli
