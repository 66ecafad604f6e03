// `muster vantage`: the second vantage of a drill of this machine, which `drill run` reaches with
// --second-vantage. One machine has one place to measure from, so this is for the tests: there it
// is what a container of the guardian's pod is in a cluster (operator/vantage.h).
#include <csignal>

#include "aio/file.h"
#include "aio/signal.h"
#include "aio/task_group.h"
#include "cli/commands.h"
#include "runner/drill_target.h"
#include "runner/recover.h"
#include "runner/unix_link.h"
#include "runner/vantage_service.h"

namespace cli {
namespace {

class Seat {
 public:
  Seat(runner::StateDir state, std::string socket)
      : state_(std::move(state)), socket_(std::move(socket)) {}

  base::Result<bool> run() { return aio::run(context_, whole()); }

 private:
  aio::Task<base::Result<bool>> whole() {
    const aio::Executor executor = context_.get_executor();
    runner::VantageService service(
        clock_, executor, "a second process",
        [this](runner::VantageAsk ask, runner::VantageOrders& orders, std::stop_token stop) {
          return measure(std::move(ask), orders, std::move(stop));
        });
    aio::TaskGroup group(executor);
    group.spawn(listen_for_signals(group, group.token()));
    group.spawn(runner::serve_unix(
        socket_,
        [&service](runner::Link& link, std::stop_token stop) {
          return service.serve(link, std::move(stop));
        },
        group.token()));
    static_cast<void>(co_await service.left().wait(group.token()));
    co_await service.stop();
    group.cancel();
    CO_TRY(co_await group.join());
    co_return true;
  }

  aio::Task<base::Result<>> listen_for_signals(aio::TaskGroup& group, std::stop_token stop) {
    CO_TRY(co_await aio::wait_signal({SIGINT, SIGTERM}, stop));
    group.cancel();
    co_return base::Result<>{};
  }

  aio::Task<base::Result<drill::Evidence>> measure(runner::VantageAsk ask,
                                                   runner::VantageOrders& orders,
                                                   std::stop_token stop) {
    CO_TRY(const runner::DrillDir drilled, state_.find(ask.drill));
    CO_TRY(const runner::DrillTarget target,
           runner::open_kept_target(clock_, state_, drilled, kinds_));
    if (runner::plan_digest(api::to_json(target.plan.document)) != ask.plan) {
      co_return base::fail(base::Code::FailedPrecondition,
                           "its plan is another one than the runner's");
    }
    const runner::DrillDir dir{drilled.path + "/vantage/" + ask.drill};
    CO_TRY(aio::make_dirs(dir.path));
    runner::Instrument instrument(clock_, context_.get_executor(), dir, target.plan,
                                  target.target->system(), target.names, {ask.vantage, ask.key});
    co_return co_await runner::measure_by(instrument, ask.drill, orders, std::move(stop));
  }

  runner::StateDir state_;
  std::string socket_;
  boost::asio::io_context context_;
  aio::SystemClock clock_;
  targets::Catalog catalog_ = targets::local_catalog();
  api::ActionCatalog kinds_ = runner::action_catalog(catalog_);
};

}  // namespace

Exit run(const Vantage& command, const Global& global, Console& console) {
  const auto state = runner::StateDir::open(global.state_dir);
  if (!state) return failed(console, state.error());
  const auto done = Seat(*state, command.socket).run();
  return done ? Exit::Ok : failed(console, done.error());
}

}  // namespace cli
