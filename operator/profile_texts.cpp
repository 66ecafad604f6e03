#include "operator/profile_texts.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/result.h"
#include "http1/grammar.h"
#include "http1/policy_values.h"
#include "ingest/rum_place.h"
#include "limit/path_pattern.h"
#include "net/connection.h"
#include "net/header_file.h"
#include "net/host_port.h"
#include "net/url.h"
#include "probes/pg_address_url.h"

namespace op {
namespace {

using api::Node;

constexpr const char* kEmpty = "is empty; leave it out, or say what it is";

/// Of a text that is there, of each of a list.
using Check = base::Result<> (*)(const std::string& text);

base::Result<> wrong(const std::string& text, const char* allowed) {
  return base::fail(base::Code::InvalidArgument, fmt::format("'{}': {}", text, allowed));
}

template <class Value>
base::Result<> without_value(const base::Result<Value>& read) {
  return read ? base::Result<>{} : tl::unexpected(read.error());
}

base::Result<> check_listen(const std::string& text) {
  return without_value(net::parse_listen(text));
}

base::Result<> check_upstream(const std::string& text) {
  return without_value(net::parse_upstream(text));
}

base::Result<> check_redis(const std::string& text) {
  return without_value(net::Address::parse(text));
}

base::Result<> check_url(const std::string& text) {
  return without_value(net::parse_url(text));
}

base::Result<> check_database(const std::string& text) {
  return without_value(probes::parse_pg_address(text));
}

base::Result<> check_header_file(const std::string& text) {
  return without_value(net::parse_header_file(text));
}

base::Result<> check_token(const std::string& text) {
  if (http1::grammar::token(text)) return {};
  return wrong(text, "a name such as X-User or session");
}

base::Result<> check_route(const std::string& text) {
  return limit::is_for_paths(text) ? base::Result<>{} : wrong(text, "a path, * for any text");
}

base::Result<> check_rum_path(const std::string& text) {
  return ingest::check_rum_path(text);
}

base::Result<> check_rum_origin(const std::string& text) {
  return ingest::check_rum_origin(text);
}

/// Of a header that "off" leaves out.
base::Result<> check_header(const std::string& text) {
  return text == "off" ? base::Result<>{} : http1::check_policy_value(text);
}

base::Result<> check_content_policy(const std::string& text) {
  return text == "off" ? base::Result<>{} : http1::check_content_policy(text);
}

base::Result<> check_nonce_header(const std::string& text) {
  return http1::check_nonce_header(text);
}

struct Row {
  std::string_view field;
  Check check;
};

constexpr Row kRows[] = {
    {"upstream", check_upstream},
    {"listen", check_listen},
    {"adminListen", check_listen},
    {"permissionsPolicy", check_header},
    {"strictTransportSecurity", check_header},
    {"contentSecurityPolicy", check_content_policy},
    {"nonceHeader", check_nonce_header},
    {"userHeader", check_token},
    {"userCookie", check_token},
    {"podFigures", check_url},
    {"redis", check_redis},
    {"database", check_database},
    {"cacheRoutes", check_route},
    {"statsdListen", check_listen},
    {"otlpListen", check_listen},
    {"rumPath", check_rum_path},
    {"rumListen", check_listen},
    {"rumOrigins", check_rum_origin},
    {"exportOtlp", check_url},
    {"exportHeaderFiles", check_header_file},
    {"exportDogstatsd", check_upstream},
};

}  // namespace

void judge_texts(api::Decoder& decoder, const Node& spec) {
  const auto judge = [&](std::string_view field, const std::string& text) {
    const auto* const row = std::ranges::find(kRows, field, &Row::field);
    const auto good = text.empty()             ? wrong(text, kEmpty)
                      : row == std::end(kRows) ? base::Result<>{}
                                               : row->check(text);
    if (!good) decoder.complain({}, fmt::format("spec.{}", field), good.error().message);
  };
  for (const api::Entry& entry : spec.entries()) {
    if (entry.value.is_string()) judge(entry.key, entry.value.as_string());
    for (const std::string& each : entry.value.as_strings()) judge(entry.key, each);
  }
}

}  // namespace op
