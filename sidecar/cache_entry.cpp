#include "sidecar/cache_entry.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "http1/date.h"
#include "http1/forward.h"
#include "http1/vary.h"

namespace sidecar {
namespace {

constexpr int kNoContent = 204;
/// Of a stored head, which may have grown by the fields of a 304.
constexpr http1::Limits kLimits{.head_bytes = std::size_t{1} << 18U};

/// Of the request that fetched it, or of how it came.
bool of_the_message(std::string_view name) {
  constexpr std::array<std::string_view, 5> kNames{"Content-Length", "Transfer-Encoding", "Trailer",
                                                   "X-Request-ID", "Cache-Status"};
  return std::ranges::any_of(
      kNames, [name](std::string_view other) { return http1::same_name(name, other); });
}

bool kept(const http1::Head& head, std::size_t index) {
  return !head.drop[index] && !of_the_message(head.fields[index].name);
}

std::string status_line(const http1::ResponseHead& head) {
  return fmt::format("HTTP/1.1 {} {}\r\n", head.status, head.reason);
}

void describe(StoredResponse& stored, const http1::ResponseHead& head, const Came& came) {
  const http1::CacheControl control = http1::cache_control(head);
  stored.freshness = http1::freshness(head, came.wall - (came.at - came.asked), came.wall);
  stored.arrived = came.at;
  stored.validators = http1::validators(head);
  stored.vary = http1::vary_names(head);
  stored.for_authorised =
      control.is_public || control.s_maxage.has_value() || control.must_revalidate;
}

StoredPointer checked(StoredResponse stored) {
  http1::ResponseHead head;
  if (!read_stored(stored, head)) return nullptr;
  return std::make_shared<const StoredResponse>(std::move(stored));
}

}  // namespace

CacheCopy::CacheCopy(http1::Body kind, std::uint64_t length, std::size_t bytes_max)
    : bytes_max_(bytes_max) {
  way_.begin(kind, length, bytes_max);
  way_.strip_chunks();
  if (kind == http1::Body::Length) body_.reserve(std::min<std::uint64_t>(length, bytes_max));
}

bool CacheCopy::feed(std::string_view bytes) {
  while (!bytes.empty() && !way_.done()) {
    const BodyWay::Step step = way_.take(bytes);
    if (way_.refusal().status != 0 || body_.size() + step.pass.size() > bytes_max_) return false;
    body_.append(step.pass);
    if (step.taken == 0) return false;
    bytes.remove_prefix(step.taken);
  }
  return way_.refusal().status == 0;
}

StoredResponse begin_stored(const http1::ResponseHead& response, const Came& came) {
  StoredResponse out;
  out.head = status_line(response);
  for (std::size_t i = 0; i < response.field_count; ++i) {
    if (kept(response, i)) out.head += http1::line_of(response, i);
  }
  if (!response.dated) out.head += http1::date_line(came.wall);
  describe(out, response, came);
  return out;
}

StoredPointer complete_stored(StoredResponse begun, std::string body) {
  const bool bodiless = begun.head.starts_with(fmt::format("HTTP/1.1 {} ", kNoContent));
  if (!bodiless) begun.head += fmt::format("Content-Length: {}\r\n", body.size());
  begun.head += http1::kHeadEnd;
  begun.body = std::move(body);
  return checked(std::move(begun));
}

StoredPointer freshened(const StoredResponse& stored, const http1::ResponseHead& not_modified,
                        const Came& came) {
  http1::ResponseHead old;
  if (!read_stored(stored, old)) return nullptr;
  const auto updates = [&](std::size_t i) {
    return kept(not_modified, i) && http1::updates_stored(not_modified.fields[i].name);
  };
  StoredResponse out;
  out.head = status_line(old);
  for (std::size_t i = 0; i < old.field_count; ++i) {
    const std::string_view name = old.fields[i].name;
    // How old it was is said anew by every answer.
    const bool replaced =
        http1::same_name(name, "Age") || http1::same_name(name, "Date") ||
        (http1::updates_stored(name) && http1::find(not_modified, name) != nullptr);
    if (!replaced) out.head += http1::line_of(old, i);
  }
  for (std::size_t i = 0; i < not_modified.field_count; ++i) {
    if (updates(i)) out.head += http1::line_of(not_modified, i);
  }
  if (!not_modified.dated) out.head += http1::date_line(came.wall);
  out.head += http1::kHeadEnd;
  out.body = stored.body;
  http1::ResponseHead head;
  if (!read_stored(out, head)) return nullptr;
  describe(out, head, came);
  return std::make_shared<const StoredResponse>(std::move(out));
}

base::WallTime aged_to(const StoredResponse& stored, base::TimePoint now) {
  return stored.freshness.received + (now - stored.arrived);
}

bool read_stored(const StoredResponse& stored, http1::ResponseHead& out) {
  http1::Progress progress;
  http1::Refusal why;
  return http1::parse_response(stored.head, "GET", kLimits, progress, out, why) ==
         http1::Parse::Done;
}

void leave_out_field(http1::ResponseHead& head, std::string_view name) {
  for (const auto* field = http1::find(head, name); field != nullptr;
       field = http1::find(head, name, field)) {
    head.drop.set(static_cast<std::size_t>(field - head.fields.data()));
  }
}

void leave_out_content(http1::ResponseHead& head) {
  for (std::size_t i = 0; i < head.field_count; ++i) {
    if (!http1::updates_stored(head.fields[i].name)) head.drop.set(i);
  }
}

}  // namespace sidecar
