#include "runner/reference.h"

#include <utility>

#include "aio/process.h"
#include "probes/tcp_stream.h"

namespace runner {
namespace {

// Short, so that a quick drill sees several known outages; the rules that they check are the same.
constexpr base::Duration kInterval = base::millis(50);
constexpr base::Duration kDeadline = base::millis(250);

base::Result<probes::BuiltStream> echo_stream(const char* name, drill::StreamKind kind,
                                              const std::string& address) {
  probes::LinkTarget target;
  TRY(target.address, net::Address::parse(address));
  probes::BuiltStream built;
  built.spec.info.name = name;
  built.spec.info.probe = "instrument";
  built.spec.info.kind = kind;
  built.spec.info.endpoint = address;
  built.spec.info.interval = kInterval;
  built.spec.info.deadline = kDeadline;
  built.spec.connections = probes::Connections::New;
  TRY(built.operation,
      probes::make_tcp_operation(target, {"muster\n", "muster\n"}, probes::Connections::New));
  return built;
}

}  // namespace

aio::Task<base::Result<std::unique_ptr<Reference>>> Reference::start(aio::Clock& clock,
                                                                     std::uint64_t seed,
                                                                     std::stop_token stop) {
  probes::ResponderOptions options;
  options.seed = seed == 0 ? 1 : seed;
  options.interval = kInterval;
  options.deadline = kDeadline;
  options.settle = base::seconds(2);
  std::vector<std::string> argv = {aio::own_program(), "responder"};
  auto process =
      co_await probes::ResponderProcess::start(clock, std::move(argv), options, std::move(stop));
  if (!process) co_return tl::unexpected(process.error().with("reference responder"));
  co_return std::unique_ptr<Reference>(new Reference(clock, std::move(*process)));
}

base::Result<std::vector<probes::BuiltStream>> Reference::streams() const {
  std::vector<probes::BuiltStream> out;
  TRY(probes::BuiltStream reference,
      echo_stream("reference", drill::StreamKind::Reference, process_.reference_address()));
  out.push_back(std::move(reference));
  TRY(probes::BuiltStream control,
      echo_stream("control", drill::StreamKind::Control, process_.control_address()));
  out.push_back(std::move(control));
  return out;
}

aio::Task<base::Result<std::vector<drill::ReferenceOutage>>> Reference::finish() {
  co_return co_await process_.finish(clock_);
}

}  // namespace runner
