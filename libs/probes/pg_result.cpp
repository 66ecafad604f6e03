#include "probes/pg_result.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <libpq-fe.h>

namespace probes {

using drill::Cause;

std::string_view PgRow::text(int column) const {
  if (column < 0 || column >= columns()) return {};
  return {PQgetvalue(result_, row_, column),
          static_cast<std::size_t>(PQgetlength(result_, row_, column))};
}
bool PgRow::is_null(int column) const {
  return column < 0 || column >= columns() || PQgetisnull(result_, row_, column) == 1;
}
int PgRow::columns() const {
  return PQnfields(result_);
}

std::string PgResult::first() const {
  return std::string(cell(0, 0));
}

std::string_view PgResult::cell(std::size_t row, std::size_t column) const {
  if (row >= rows.size() || column >= rows[row].size() || !rows[row][column]) return {};
  return *rows[row][column];
}

drill::Outcome PgFailure::outcome() const {
  return !sent || rejected ? drill::Outcome::Fail : drill::Outcome::Info;
}

base::Error PgFailure::error() const {
  base::Error error{base::Code::Unavailable, message, base::Retry::Backoff, {}};
  switch (cause) {
    case Cause::Timeout:
    case Cause::ConnectTimeout: error.code = base::Code::DeadlineExceeded; break;
    case Cause::Rejected:
      error.code = base::Code::FailedPrecondition;
      error.retry = base::Retry::Terminal;
      break;
    case Cause::ReadOnly: error.code = base::Code::FailedPrecondition; break;
    case Cause::Stopped:
      error.code = base::Code::Cancelled;
      error.retry = base::Retry::Terminal;
      break;
    case Cause::Protocol:
    case Cause::Tls: error.code = base::Code::Internal; break;
    default: break;
  }
  if (!sqlstate.empty()) error.message += " (SQLSTATE " + sqlstate + ")";
  return error;
}

namespace {
bool is_sqlstate(std::string_view text) {
  return text.size() == 5 && std::all_of(text.begin(), text.end(), [](char letter) {
           return (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z');
         });
}

/// 53 insufficient resources, 57 operator intervention, 58 system error: not here, not now.
Cause rejection_cause(std::string_view sqlstate) {
  if (sqlstate == "25006") return Cause::ReadOnly;
  const std::string_view group = sqlstate.substr(0, 2);
  if (sqlstate == "57014") return Cause::Rejected;
  if (group == "53" || group == "57" || group == "58") return Cause::Unavailable;
  return Cause::Rejected;
}

bool says(std::string_view message, int error_number) {
  return message.find(std::generic_category().message(error_number)) != std::string_view::npos;
}

Cause socket_cause(std::string_view message) {
  for (const int number : {ECONNREFUSED, ENOENT, EACCES}) {
    if (says(message, number)) return Cause::Refused;
  }
  for (const int number : {EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL}) {
    if (says(message, number)) return Cause::Unreachable;
  }
  if (says(message, ETIMEDOUT)) return Cause::ConnectTimeout;
  constexpr std::array<std::string_view, 3> kTls = {"SSL", "TLS", "certificate"};
  for (const std::string_view word : kTls) {
    if (message.find(word) != std::string_view::npos) return Cause::Tls;
  }
  return Cause::Refused;  // accepted and closed, as a proxy without a server behind it does
}
}  // namespace

std::string sqlstate_of(std::string_view verbose_message) {
  for (std::size_t at = verbose_message.find(":  "); at != std::string_view::npos;
       at = verbose_message.find(":  ", at + 1)) {
    const std::string_view code = verbose_message.substr(at + 3, 5);
    if (is_sqlstate(code) && verbose_message.substr(at + 8, 2) == ": ") return std::string(code);
  }
  return {};
}

PgFailure connect_failure(std::string_view message) {
  PgFailure failure;
  failure.message = message;
  while (!failure.message.empty() && failure.message.back() == '\n') failure.message.pop_back();
  failure.sqlstate = sqlstate_of(message);
  failure.rejected = !failure.sqlstate.empty();
  failure.cause = failure.rejected ? rejection_cause(failure.sqlstate) : socket_cause(message);
  return failure;
}

PgFailure answer_failure(std::string_view sqlstate, std::string_view severity,
                         std::string message) {
  PgFailure failure;
  failure.sent = true;
  failure.sqlstate = sqlstate;
  failure.message = std::move(message);
  // 40003: the server itself does not know. 08: a pooler in between lost its server.
  const bool unknown = sqlstate == "40003" || sqlstate.substr(0, 2) == "08";
  failure.rejected = severity == "ERROR" && !unknown;
  if (failure.rejected) {
    failure.cause = rejection_cause(sqlstate);
  } else {
    failure.cause = sqlstate.substr(0, 2) == "57" ? Cause::Unavailable : Cause::Reset;
  }
  return failure;
}

}  // namespace probes
