#include "kube/resource.h"

#include <algorithm>
#include <cctz/time_zone.h>
#include <charconv>
#include <chrono>

#include <fmt/format.h>

#include "api/node.h"

namespace kube {
namespace {

/// Everything but the unreserved characters of RFC 3986.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

const char* reason_of(unsigned code) {
  switch (code) {
    case 400: return "BadRequest";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "NotFound";
    case 405: return "MethodNotAllowed";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 413: return "RequestEntityTooLarge";
    case 415: return "UnsupportedMediaType";
    case 422: return "Invalid";
    case 429: return "TooManyRequests";
    case 500: return "InternalError";
    case 503: return "ServiceUnavailable";
    case 504: return "Timeout";
    default: return "";
  }
}

constexpr std::int64_t kRetryAfterMax = 3600;

base::Duration seconds_of(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return base::seconds(std::clamp<std::int64_t>(value, 0, kRetryAfterMax));
}

std::string first_line(std::string_view text) {
  constexpr std::size_t kLongest = 200;
  return std::string(text.substr(0, std::min(text.find('\n'), kLongest)));
}

}  // namespace

std::string path_of(const Resource& resource, const Key& key, std::string_view subresource) {
  std::string out = resource.group.empty() ? "/api/" : "/apis/" + escaped(resource.group) + "/";
  out += escaped(resource.version);
  if (resource.namespaced && !key.space.empty()) out += "/namespaces/" + escaped(key.space);
  out += "/" + escaped(resource.plural);
  if (!key.name.empty()) out += "/" + escaped(key.name);
  if (!subresource.empty()) out += "/" + escaped(subresource);
  return out;
}

void Query::put(std::string_view name, std::string_view value) {
  text_ += text_.empty() ? '?' : '&';
  text_ += escaped(name) + "=" + escaped(value);
}

Query& Query::add(std::string_view name, std::string_view value) {
  if (!value.empty()) put(name, value);
  return *this;
}

Query& Query::repeat(std::string_view name, const std::vector<std::string>& values) {
  for (const std::string& value : values) put(name, value);
  return *this;
}

base::Result<base::WallTime> parse_time(const std::string& text) {
  using std::chrono::microseconds;
  std::chrono::time_point<std::chrono::system_clock, microseconds> time;
  const bool read = cctz::parse("%E4Y-%m-%dT%H:%M:%E*S%Ez", text, cctz::utc_time_zone(), &time);
  constexpr auto kMax = std::chrono::duration_cast<microseconds>(base::Duration::max());
  const microseconds since = time.time_since_epoch();
  if (!read || since > kMax || since < -kMax) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("'{}': a time as in 2026-11-21T04:42:24Z is needed", text));
  }
  return base::WallTime(since);
}

std::string micro_time(base::WallTime time) {
  using std::chrono::microseconds;
  const std::chrono::time_point<std::chrono::system_clock, microseconds> rounded(
      std::chrono::floor<microseconds>(time.time_since_epoch()));
  return cctz::format("%E4Y-%m-%dT%H:%M:%E6SZ", rounded, cctz::utc_time_zone());
}

Refusal refusal_of(unsigned code, std::string_view body, std::string_view retry_after) {
  Refusal out;
  out.code = code;
  out.reason = reason_of(code);
  out.retry_after = seconds_of(retry_after);
  const auto status = api::parse_json(body);
  if (!status || (*status)["kind"].as_string() != "Status") {
    out.message = first_line(body);
    return out;
  }
  if (const std::string& reason = (*status)["reason"].as_string(); !reason.empty()) {
    out.reason = reason;
  }
  out.message = (*status)["message"].as_string();
  if (const std::int64_t said = (*status)["code"].as_int(); code == 0 && said > 0 && said < 1000) {
    out.code = static_cast<unsigned>(said);
  }
  const api::Node& details = (*status)["details"];
  if (out.retry_after == base::Duration::zero()) {
    const std::int64_t seconds = details["retryAfterSeconds"].as_int();
    out.retry_after = base::seconds(std::clamp<std::int64_t>(seconds, 0, kRetryAfterMax));
  }
  for (const api::Node& cause : details["causes"].items()) {
    out.version_too_large |= cause["reason"].as_string() == "ResourceVersionTooLarge";
  }
  return out;
}

base::Error error_of(const Refusal& refusal, const std::string& what) {
  using base::Code;
  base::Error out;
  // What was refused may be granted later: a role is rolled out, a namespace made, a conflict over.
  out.retry = base::Retry::Backoff;
  out.message =
      fmt::format("{}: {} ({})", what, refusal.message.empty() ? refusal.reason : refusal.message,
                  refusal.code);
  switch (refusal.code) {
    case 400:
    case 413:
    case 415:
    case 422: out.code = Code::InvalidArgument; break;
    case 401:
    case 403: out.code = Code::PermissionDenied; break;
    case 404: out.code = Code::NotFound; break;
    case 409:
      out.code = refusal.reason == "AlreadyExists" ? Code::AlreadyExists : Code::FailedPrecondition;
      break;
    case 410: out.code = Code::FailedPrecondition; break;
    default:
      out.code = refusal.code == 429 || refusal.code >= 500 ? Code::Unavailable : Code::Internal;
  }
  if (refusal.retry_after > base::Duration::zero()) {
    out.retry = base::Retry::After;
    out.after = refusal.retry_after;
  }
  return out;
}

}  // namespace kube
