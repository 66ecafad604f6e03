// The tests; and, when it is called so, the second vantage of one, or a reference responder:
//   test_vantage vantage SOCKET PORT FOLDER
//   test_vantage responder WORDS...
#include <cstdlib>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "aio/file.h"
#include "aio/signal.h"
#include "measured_system.h"
#include "probes/responder.h"
#include "runner/unix_link.h"
#include "runner/vantage_service.h"

namespace runner {
namespace {

struct Seat {
  aio::Clock& clock;
  aio::Executor executor;
  std::string port, folder;

  aio::Task<base::Result<drill::Evidence>> measure(VantageAsk ask, VantageOrders& orders,
                                                   std::stop_token stop) {
    const api::RecoveryPlan plan = measured_plan();
    const api::LocalSystem system = measured_system(port);
    const DrillDir dir{folder + "/" + ask.drill};
    CO_TRY(aio::make_dirs(dir.path));
    Instrument instrument(clock, executor, dir, plan, system, nullptr, {ask.vantage, ask.key});
    co_return co_await measure_by(instrument, ask.drill, orders, std::move(stop));
  }
};

aio::Task<base::Result<>> listen(VantageService& service, std::string path, std::stop_token stop) {
  const auto serve = [&service](Link& link, std::stop_token token) {
    return service.serve(link, std::move(token));
  };
  co_return co_await serve_unix(std::move(path), serve, std::move(stop));
}

aio::Task<base::Result<bool>> vantage(aio::Clock& clock, std::string path, std::string port,
                                      std::string folder) {
  const aio::Executor executor = co_await boost::asio::this_coro::executor;
  Seat seat{clock, executor, std::move(port), std::move(folder)};
  VantageService service(clock, executor, "another process",
                         [&seat](VantageAsk ask, VantageOrders& orders, std::stop_token stop) {
                           return seat.measure(std::move(ask), orders, std::move(stop));
                         });
  aio::TaskGroup listening(executor);
  listening.spawn(listen(service, std::move(path), listening.token()));
  co_await service.left().wait(listening.token());
  co_await service.stop();
  listening.cancel();
  CO_TRY(co_await listening.join());
  co_return true;
}

}  // namespace
}  // namespace runner

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (!words.empty() && words.front() == "responder") {
    const auto options = probes::ResponderOptions::parse({words.begin() + 1, words.end()});
    return options && probes::run_responder(*options) ? EXIT_SUCCESS : EXIT_FAILURE;
  }
  if (words.size() == 4 && words.front() == "vantage") {
    aio::ignore_sigpipe();
    aio::SystemClock clock;
    boost::asio::io_context context;
    const auto done = aio::run(context, runner::vantage(clock, words[1], words[2], words[3]));
    if (!done) fmt::print(stderr, "{}\n", done.error().message);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
  }
  testing::InitGoogleTest(&count, arguments);
  return RUN_ALL_TESTS();
}
