#include "probes/pg_ledger.h"

#include <charconv>

#include <fmt/format.h>

#include "base/check.h"
#include "crypto/hash.h"

namespace probes {

namespace {
constexpr std::string_view kPrefix = "muster_drill_";
constexpr std::size_t kNameMax = 63;  // NAMEDATALEN - 1
constexpr std::size_t kKeyMin = 16;

// Timeline as eight hex digits and position, wherever it runs. CASE keeps a standby from calling
// what only a primary can.
constexpr std::string_view kIdentity =
    "current_setting('cluster_name'), "
    "to_char(pg_postmaster_start_time() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), "
    "case when pg_is_in_recovery() then lpad(to_hex(coalesce("
    "(select received_tli from pg_stat_wal_receiver), "
    "(select timeline_id from pg_control_checkpoint()))), 8, '0') "
    "else substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) end, "
    "case when pg_is_in_recovery() then pg_last_wal_replay_lsn() "
    "else pg_current_wal_insert_lsn() end, "
    "pg_is_in_recovery()";

// An INSERT runs on a primary only: the short form.
constexpr std::string_view kPrimaryIdentity =
    "current_setting('cluster_name'), "
    "to_char(pg_postmaster_start_time() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), "
    "substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8), pg_current_wal_insert_lsn(), "
    "false";

void put_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int at = bytes - 1; at >= 0; --at)
    out.push_back(static_cast<char>((value >> (8 * at)) & 0xff));
}

PgQuery query(std::string text, std::vector<std::string> parameters = {}, std::string name = {}) {
  PgQuery made;
  made.text = std::move(text);
  made.parameters = std::move(parameters);
  made.name = std::move(name);
  return made;
}
}  // namespace

std::string ledger_schema(std::string_view drill_id) {
  const std::size_t room = kNameMax - kPrefix.size();
  if (drill_id.size() > room) drill_id.remove_prefix(drill_id.size() - room);
  std::string name(kPrefix);
  for (const char letter : drill_id) {
    const bool digit = letter >= '0' && letter <= '9';
    const bool lower = letter >= 'a' && letter <= 'z';
    const bool upper = letter >= 'A' && letter <= 'Z';
    name.push_back(digit || lower ? letter : upper ? static_cast<char>(letter - 'A' + 'a') : '_');
  }
  return name;
}

PgQuery ledger_schemas() {
  return query(fmt::format(
      "select nspname::text from pg_namespace where starts_with(nspname::text, '{}') order by 1",
      kPrefix));
}

PgQuery drop_schema(const std::string& schema) {
  std::string quoted = "\"";
  for (const char letter : schema) {
    quoted.push_back(letter);
    if (letter == '"') quoted.push_back('"');
  }
  return query("drop schema if exists " + quoted + "\" cascade");
}

PgLedger::PgLedger(std::string drill_id, std::string key)
    : drill_id_(std::move(drill_id)), key_(std::move(key)), schema_(ledger_schema(drill_id_)) {
  CHECK(key_.size() >= kKeyMin);
  insert_ = fmt::format(
      "insert into {}.ledger (drill, stream, seq, hmac) "
      "values ($1::text, $2::int4, $3::int8, $4::bytea) returning {}",
      schema_, kPrimaryIdentity);
  highest_ = fmt::format(
      "select coalesce((select max(seq) from {}.ledger where stream = $1::int4), 0), {}", schema_,
      kIdentity);
}

PgQuery PgLedger::create() const {
  // One statement, so that it is one transaction on a connection without any.
  return query(fmt::format(
      "do $muster$ begin create schema {0}; "
      "create table {0}.ledger (drill text not null, stream int4 not null, seq int8 not null, "
      "hmac bytea not null); create index on {0}.ledger (stream, seq); end $muster$",
      schema_));
}

PgQuery PgLedger::drop() const {
  return drop_schema(schema_);
}

PgQuery PgLedger::insert(drill::StreamId stream, std::uint64_t seq) const {
  return query(
      insert_,
      {drill_id_, std::to_string(stream.value()), std::to_string(seq), hmac_text(stream, seq)},
      "muster_insert");
}

PgQuery PgLedger::highest(drill::StreamId stream) const {
  return query(highest_, {std::to_string(stream.value())}, "muster_highest");
}

PgQuery PgLedger::everything() const {
  return query(fmt::format("select stream, seq, hmac, drill from {}.ledger", schema_));
}

PgQuery PgLedger::identity() {
  return query("select " + std::string(kIdentity));
}

std::string PgLedger::hmac_text(drill::StreamId stream, std::uint64_t seq) const {
  std::string message = drill_id_;
  message.push_back('\0');
  put_big_endian(message, stream.value(), 2);
  put_big_endian(message, seq, 8);
  return "\\x" + crypto::hex(crypto::hmac_sha256(key_, message));
}

PgIdentity identity_of(const PgResult& result, std::size_t column) {
  PgIdentity identity;
  identity.cluster = result.cell(0, column);
  identity.started = result.cell(0, column + 1);
  const std::string_view timeline = result.cell(0, column + 2);
  std::from_chars(timeline.data(), timeline.data() + timeline.size(), identity.timeline, 16);
  identity.position = parse_lsn(result.cell(0, column + 3));
  identity.in_recovery = result.cell(0, column + 4) == "t";
  return identity;
}

std::uint64_t parse_lsn(std::string_view text) {
  std::uint32_t high = 0, low = 0;
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, high, 16);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '/') return 0;
  const auto second = std::from_chars(first.ptr + 1, end, low, 16);
  if (second.ec != std::errc() || second.ptr != end) return 0;
  return (std::uint64_t{high} << 32) | low;
}

std::string lsn_text(std::uint64_t position) {
  return fmt::format("{:X}/{:X}", position >> 32, position & 0xffffffffU);
}

}  // namespace probes
