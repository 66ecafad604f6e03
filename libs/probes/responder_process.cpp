#include "probes/responder_process.h"

#include <charconv>

#include <fmt/format.h>

#include "aio/deadline.h"

namespace probes {

namespace {
constexpr base::Duration kReadyTime = base::seconds(10);
constexpr base::Duration kEndTime = base::seconds(2);

/// The number after `key`, in the flat form in which the responder writes it.
std::optional<std::int64_t> field(std::string_view line, std::string_view key) {
  const std::string quoted = fmt::format("\"{}\":", key);
  const auto at = line.find(quoted);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  std::int64_t value = 0;
  const auto* begin = line.data() + at + quoted.size();
  const auto [end, error] = std::from_chars(begin, line.data() + line.size(), value);
  if (error != std::errc() || value < 0) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::uint16_t> port(std::string_view line, std::string_view key) {
  const auto value = field(line, key);
  if (!value || *value == 0 || *value > UINT16_MAX) {
    return std::nullopt;
  }
  return static_cast<std::uint16_t>(*value);
}
}  // namespace

base::Result<ResponderEvent> parse_responder_event(std::string_view line) {
  ResponderEvent event;
  if (line.starts_with(R"({"ready":{)")) {
    const auto reference = port(line, "reference");
    const auto control = port(line, "control");
    if (reference && control) {
      event.ready = ResponderEvent::Ready{*reference, *control};
      return event;
    }
  }
  if (line.starts_with(R"({"outage":{)")) {
    const bool refuse = line.find(R"("kind":"Refuse")") != std::string_view::npos;
    const bool hang = line.find(R"("kind":"Hang")") != std::string_view::npos;
    const auto began = field(line, "beganNanos");
    const auto length = field(line, "lengthNanos");
    const auto uncertainty = field(line, "uncertaintyNanos");
    if (refuse != hang && began && length && uncertainty) {
      using Kind = drill::ReferenceOutage::Kind;
      event.outage =
          drill::ReferenceOutage{hang ? Kind::Hang : Kind::Refuse,
                                 base::TimePoint(base::Duration(*began)), base::Duration(*length)};
      event.uncertainty = base::Duration(*uncertainty);
      return event;
    }
  }
  return base::fail(base::Code::InvalidArgument,
                    fmt::format("the responder said '{}'", line.substr(0, 200)));
}

aio::Task<base::Result<ResponderProcess>> ResponderProcess::start(aio::Clock& clock,
                                                                  std::vector<std::string> argv,
                                                                  ResponderOptions options,
                                                                  std::stop_token stop) {
  const auto executor = co_await aio::asio::this_coro::executor;
  aio::Command command;
  command.argv = std::move(argv);
  for (auto& word : options.words()) {
    command.argv.push_back(std::move(word));
  }
  CO_TRY(aio::Child child, aio::Child::spawn(executor, command, {}));
  CO_TRY(const std::string line,
         co_await aio::with_deadline(
             clock, clock.now() + kReadyTime, stop, "the reference responder",
             [&child](std::stop_token token) { return child.read_line(std::move(token)); }));
  CO_TRY(const ResponderEvent event, parse_responder_event(line));
  if (!event.ready) {
    co_return base::fail(base::Code::Unavailable, "the reference responder told no ports");
  }
  co_return ResponderProcess(std::move(child), options.host, *event.ready);
}

std::string ResponderProcess::reference_address() const {
  return fmt::format("{}:{}", host_, ready_.reference);
}

std::string ResponderProcess::control_address() const {
  return fmt::format("{}:{}", host_, ready_.control);
}

base::Result<> ResponderProcess::command(const PlannedOutage& outage) {
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(outage.length).count();
  const bool hang = outage.kind == drill::ReferenceOutage::Kind::Hang;
  return child_.write_line(fmt::format("{} {}", hang ? "hang" : "refuse", millis));
}

aio::Task<base::Result<drill::ReferenceOutage>> ResponderProcess::next(std::stop_token stop) {
  CO_TRY(const std::string line, co_await child_.read_line(stop));
  CO_TRY(const ResponderEvent event, parse_responder_event(line));
  if (!event.outage) {
    co_return base::fail(base::Code::Internal, "the responder began anew");
  }
  co_return *event.outage;
}

aio::Task<base::Result<std::vector<drill::ReferenceOutage>>> ResponderProcess::finish(
    aio::Clock& clock) {
  CO_TRY(co_await child_.stop(clock, kEndTime));
  std::vector<drill::ReferenceOutage> outages;
  while (true) {
    auto line = co_await child_.read_line({});
    if (!line) {
      break;  // the end of its output
    }
    CO_TRY(const ResponderEvent event, parse_responder_event(*line));
    if (event.outage) {
      outages.push_back(*event.outage);
    }
  }
  co_return outages;
}

}  // namespace probes
