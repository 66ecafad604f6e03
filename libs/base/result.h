// What can go wrong in the outside world is a value: Result<T> carries either a T or an Error that
// says what happened and whether trying again can help. Exceptions of third-party libraries are
// caught in the .cpp that calls the library and turned into an Error there. Bugs are CHECKs
// (base/check.h), never Errors.
//
//   TRY(expr)            return the error of a Result, drop its value
//   TRY(auto x, expr)    return the error of a Result, else declare x with its value
//   CO_TRY(...)          the same with co_return
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace base {

/// What kind of thing failed; decides exit codes and how a caller reacts.
enum class Code {
  InvalidArgument,     // the user's input is wrong: plan, flag, file
  NotFound,            // a named thing does not exist
  AlreadyExists,       // a name, a port or a lock is taken
  PermissionDenied,    // the system said no
  FailedPrecondition,  // the target is not in the state the action needs
  Unavailable,         // a peer refused, is gone, or does not answer
  DeadlineExceeded,    // time ran out
  Cancelled,           // the caller withdrew the work
  ResourceExhausted,   // disk, memory, descriptors
  DataLoss,            // a checksum does not match, a file is cut off
  Internal,            // anything else
};

/// "InvalidArgument", "NotFound" …
const char* name(Code code);

/// Whether trying the same thing again can help.
enum class Retry { Terminal, Backoff, After };

struct Error {
  Code code = Code::Internal;
  std::string message;  // names the thing, its value and what is allowed
  Retry retry = Retry::Terminal;
  std::chrono::nanoseconds after{0};  // for Retry::After

  /// "context: message", for callers that know what was being done.
  Error with(std::string_view context) const;
  bool operator==(const Error&) const = default;
};

template <class T = void>
using Result = tl::expected<T, Error>;

/// An error to return from a function that returns Result<T>.
tl::unexpected<Error> fail(Code code, std::string message, Retry retry = Retry::Terminal);
/// errno as an Error: "context: No such file or directory".
tl::unexpected<Error> fail_errno(std::string_view context, int error_number);

}  // namespace base

#define MUSTER_CONCAT_(a, b) a##b
#define MUSTER_CONCAT(a, b) MUSTER_CONCAT_(a, b)
#define MUSTER_PICK_(_1, _2, macro, ...) macro
#define MUSTER_TRY_1(ret, expr) \
  if (auto result = (expr); !result) ret ::tl::unexpected(std::move(result).error())
#define MUSTER_TRY_2(ret, tmp, decl, expr)                \
  auto&& tmp = (expr);                                    \
  if (!tmp) ret ::tl::unexpected(std::move(tmp).error()); \
  decl = std::move(*tmp)
#define MUSTER_TRY_R1(expr) MUSTER_TRY_1(return, expr)
#define MUSTER_TRY_R2(decl, expr) \
  MUSTER_TRY_2(return, MUSTER_CONCAT(result_, __COUNTER__), decl, expr)
#define MUSTER_TRY_C1(expr) MUSTER_TRY_1(co_return, expr)
#define MUSTER_TRY_C2(decl, expr) \
  MUSTER_TRY_2(co_return, MUSTER_CONCAT(result_, __COUNTER__), decl, expr)
#define TRY(...) MUSTER_PICK_(__VA_ARGS__, MUSTER_TRY_R2, MUSTER_TRY_R1, 0)(__VA_ARGS__)
#define CO_TRY(...) MUSTER_PICK_(__VA_ARGS__, MUSTER_TRY_C2, MUSTER_TRY_C1, 0)(__VA_ARGS__)
