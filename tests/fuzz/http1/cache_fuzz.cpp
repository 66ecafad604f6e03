// Any fields as those of a request and, after an empty line, of its response: what a cache decides
// holds together whatever was said.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "http1/conditional.h"
#include "http1/date.h"
#include "http1/freshness.h"
#include "http1/vary.h"

namespace {

using http1::Parse;
using http1::Seconds;

constexpr base::WallTime kNow{base::seconds(1'795'000'000)};

void check_decisions(const http1::RequestHead& request, const http1::ResponseHead& response) {
  const http1::Freshness kept = http1::freshness(response, kNow - base::seconds(1), kNow);
  CHECK(kept.lifetime >= Seconds{0} && kept.lifetime <= http1::kLongest);
  CHECK(kept.age_received >= Seconds{0});
  for (const int later : {0, 1, 59, 60, 3600, 1'000'000'000}) {
    const base::WallTime now = kNow + base::seconds(later);
    const bool fresh = http1::age(kept, now) < kept.lifetime;
    const http1::Reuse reuse = http1::reuse(kept, request, now);
    const bool serves = reuse == http1::Reuse::Serve || reuse == http1::Reuse::ServeAndRefresh;
    CHECK(!serves || !kept.always_validate);
    CHECK(!serves || fresh || !kept.never_stale);
    CHECK(reuse != http1::Reuse::ServeAndRefresh || !fresh);
    CHECK(fresh || !http1::serves_on_error(kept, request, now) || !kept.never_stale);
  }
  const http1::CacheControl control = http1::cache_control(response);
  if (http1::not_stored(request, response) == nullptr) {
    CHECK(request.method == "GET" && response.status >= 200 && !control.is_private);
    CHECK(!control.no_store || control.must_understand);
  }
}

void check_values(const http1::RequestHead& request, const http1::ResponseHead& response) {
  const http1::Validators found = http1::validators(response);
  const std::string lines = http1::validation_lines(found);
  CHECK(lines.find("\r\n\r\n") == std::string::npos &&
        lines.empty() == (found == http1::Validators{}));
  http1::not_modified(request, found, kNow);
  const std::string names = http1::vary_names(response);
  const std::string key = http1::vary_key(names, request);
  CHECK(names.empty() == key.empty());
  for (std::size_t i = 0; i < response.field_count; ++i) {
    const auto date = http1::parse_date(response.fields[i].value, kNow);
    if (date) CHECK(http1::parse_date(http1::format_date(*date), kNow).has_value());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = std::min(text.find("\r\n\r\n"), text.size());
  std::string asked = "GET / HTTP/1.1\r\nHost: h\r\n" + std::string(text.substr(0, cut));
  std::string answered = "HTTP/1.1 200 OK\r\n";
  if (cut < text.size()) answered += text.substr(cut + 4);
  asked += "\r\n\r\n";
  answered += "\r\n\r\n";
  http1::RequestHead request;
  http1::ResponseHead response;
  http1::Refusal why;
  http1::Progress progress;
  const http1::Limits limits;
  if (http1::parse_request(asked, limits, progress, request, why) != Parse::Done) return 0;
  progress = {};
  if (http1::parse_response(answered, "GET", limits, progress, response, why) != Parse::Done) {
    return 0;
  }
  check_decisions(request, response);
  check_values(request, response);
  return 0;
}
