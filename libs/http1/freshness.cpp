#include "http1/freshness.h"

#include <algorithm>
#include <array>

#include "http1/date.h"
#include "http1/vary.h"

namespace http1 {
namespace {

/// Final statuses whose meaning for a cache is known here (RFC 9110, 15.1 without 206; and 302,
/// 303, 307, which need an explicit lifetime as all do here).
constexpr std::array kUnderstood = {200, 203, 204, 300, 301, 302, 303, 307,
                                    308, 404, 405, 410, 414, 451, 501};

bool understood(int status) {
  return std::find(kUnderstood.begin(), kUnderstood.end(), status) != kUnderstood.end();
}

bool has_validator(const Head& head) {
  return find(head, "etag") != nullptr || find(head, "last-modified") != nullptr;
}

/// The only field of its name; several are taken for none, since they cannot all be true.
const Field* only(const Head& head, std::string_view name) {
  const Field* const first = find(head, name);
  return first != nullptr && find(head, name, first) == nullptr ? first : nullptr;
}

Seconds between(base::WallTime from, base::WallTime to) {
  const Seconds start = std::chrono::floor<Seconds>(from.time_since_epoch());
  return std::max(Seconds{0}, std::chrono::floor<Seconds>(to.time_since_epoch()) - start);
}

bool explicit_lifetime(const CacheControl& control, const Head& head) {
  return control.s_maxage || control.max_age || find(head, "expires") != nullptr;
}

Seconds lifetime(const CacheControl& control, const Head& head, base::WallTime date,
                 base::WallTime now) {
  if (control.s_maxage) return *control.s_maxage;
  if (control.max_age) return *control.max_age;
  const Field* const expires = only(head, "expires");
  if (expires == nullptr) return Seconds{0};
  const auto until = parse_date(expires->value, now);
  return until ? std::min(between(date, *until), kLongest) : Seconds{0};
}

CacheControl wishes(const RequestHead& request) {
  CacheControl control = cache_control(request);
  const Field* const pragma = find(request, "pragma");
  const bool by_pragma = !control.present && pragma != nullptr && lists(pragma->value, "no-cache");
  // Ages are whole seconds, and who reloads a page wants nothing of the current one either.
  const bool reload = control.max_age == Seconds{0};
  control.no_cache = control.no_cache || by_pragma || reload;
  return control;
}

/// By how much it is stale; 0 or less: fresh for so long.
Seconds staleness(const Freshness& stored, const CacheControl& asked, base::WallTime now) {
  const Seconds limit = std::min(stored.lifetime, asked.max_age.value_or(stored.lifetime));
  return age(stored, now) + asked.min_fresh.value_or(Seconds{0}) - limit;
}

}  // namespace

const char* not_stored(const RequestHead& request, const ResponseHead& response) {
  const CacheControl asked = cache_control(request);
  const CacheControl control = cache_control(response);
  if (request.method != "GET") return "the method is not GET";
  if (response.status < 200) return "the response is an interim one";
  if (!understood(response.status)) return "the status is not one that is cached";
  if (asked.no_store) return "the request says no-store";
  if (control.no_store && !control.must_understand) return "the response says no-store";
  if (control.is_private) return "the response is private";
  if (vary_names(response) == kVaryAlways) return "the response varies with everything";
  const bool shared = control.is_public || control.s_maxage.has_value();
  if (find(request, "authorization") != nullptr && !shared && !control.must_revalidate) {
    return "the request is authorised";
  }
  // Whatever else it says: frameworks set a visitor's session on pages that they call public.
  if (find(response, "set-cookie") != nullptr) return "the response sets a cookie";
  if (explicit_lifetime(control, response) || has_validator(response)) return nullptr;
  return "the response has neither a lifetime nor a validator";
}

Freshness freshness(const ResponseHead& response, base::WallTime asked, base::WallTime received) {
  const CacheControl control = cache_control(response);
  Freshness stored;
  stored.received = received;
  const Field* const date_field = only(response, "date");
  const auto date_read =
      date_field == nullptr ? std::nullopt : parse_date(date_field->value, received);
  const base::WallTime date = date_read.value_or(received);
  const Field* const age_field = find(response, "age");
  const Seconds age_value =
      age_field == nullptr ? Seconds{0} : parse_seconds(age_field->value).value_or(Seconds{0});
  stored.age_received = std::max(between(date, received), age_value + between(asked, received));
  stored.lifetime = lifetime(control, response, date, received);
  stored.always_validate = control.no_cache;
  stored.never_stale =
      control.must_revalidate || control.proxy_revalidate || control.s_maxage.has_value();
  stored.stale_while_revalidate = control.stale_while_revalidate.value_or(Seconds{0});
  stored.stale_if_error = control.stale_if_error.value_or(Seconds{0});
  return stored;
}

Seconds age(const Freshness& stored, base::WallTime now) {
  return std::min(stored.age_received + between(stored.received, now), kLongest);
}

Reuse reuse(const Freshness& stored, const RequestHead& request, base::WallTime now) {
  const CacheControl asked = wishes(request);
  const Reuse otherwise = asked.only_if_cached ? Reuse::Unavailable : Reuse::Validate;
  if (stored.always_validate || asked.no_cache) return otherwise;
  const Seconds stale = staleness(stored, asked, now);
  // Fresh means that the lifetime exceeds the age; a max-age of the client may be reached.
  if (age(stored, now) < stored.lifetime && stale <= Seconds{0}) return Reuse::Serve;
  if (stored.never_stale) return otherwise;
  if (asked.max_stale && stale <= *asked.max_stale) return Reuse::Serve;
  const bool client_minds = asked.max_age || asked.min_fresh;
  if (!client_minds && stale < stored.stale_while_revalidate) return Reuse::ServeAndRefresh;
  return otherwise;
}

bool serves_on_error(const Freshness& stored, const RequestHead& request, base::WallTime now) {
  const CacheControl asked = wishes(request);
  if (stored.never_stale || stored.always_validate || asked.no_cache) return false;
  const Seconds bound = std::max(stored.stale_if_error, asked.stale_if_error.value_or(Seconds{0}));
  return age(stored, now) - stored.lifetime < bound;
}

bool invalidates(std::string_view method, int status) {
  const bool safe = method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE";
  return !safe && status >= 200 && status < 400;
}

}  // namespace http1
