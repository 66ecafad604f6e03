#include "probes/pg_final_read.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "aio/deadline.h"

namespace probes {

namespace {
/// A row as evidence. Numbers that do not fit our types are not ours: damaged.
drill::FinalRow row_of(const PgLedger& ledger, const PgRow& row) {
  drill::FinalRow out;
  std::uint16_t stream = 0;
  const auto parse = [&](int column, auto& number) {
    const std::string_view text = row.text(column);
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  };
  const bool numbers = parse(0, stream) && parse(1, out.seq);
  out.stream = drill::StreamId(stream);
  out.hmac_ok = numbers && row.text(3) == ledger.drill_id() &&
                row.text(2) == ledger.hmac_text(out.stream, out.seq);
  return out;
}
}  // namespace

aio::Task<drill::FinalRead> read_ledger_table(aio::Clock& clock, const PgLedger& ledger,
                                              PgFinalReadSpec spec, std::stop_token stop) {
  const auto executor = co_await aio::asio::this_coro::executor;
  drill::FinalRead read;
  read.which = spec.which;
  read.instance = spec.instance;
  read.began = clock.now();
  aio::Deadline deadline(clock, executor, read.began + spec.limit, stop);
  PgConnection connection(executor, spec.address);
  bool too_many = false;
  PgQuery query = ledger.everything();
  query.on_row = [&](const PgRow& row) {
    too_many = read.rows.size() >= spec.rows_max;
    if (!too_many) read.rows.push_back(row_of(ledger, row));
    return !too_many;
  };
  const auto connected = co_await connection.open(deadline.token());
  const auto outcome = connected ? co_await connection.run(std::move(query), deadline.token())
                                 : PgOutcome<PgResult>(tl::unexpected(connected.error()));
  read.ended = clock.now();
  read.complete = outcome.has_value();
  if (too_many) {
    read.error = fmt::format("more than {} rows", spec.rows_max);
  } else if (deadline.expired()) {
    read.error = "not read to its end within " + base::human(spec.limit);
  } else if (!outcome) {
    read.error = outcome.error().message;
  }
  if (!read.error.empty()) read.complete = false;
  co_return read;
}

}  // namespace probes
