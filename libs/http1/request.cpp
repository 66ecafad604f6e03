// A request's head (http1/head.h): its line, and what its fields mean once all of them are known.
// Nothing that is judged here depends on the order of the fields.
#include "http1/framing.h"
#include "http1/grammar.h"
#include "http1/head.h"
#include "http1/lines.h"
#include "http1/target.h"

namespace http1 {
namespace {

constexpr std::size_t kMethodMax = 32;

/// "GET /path HTTP/1.1", exactly.
Refusal read_request_line(std::string_view line, RequestHead& head) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return {400, "a request line that has not three parts"};
  }
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, last - first - 1);
  if (!grammar::token(head.method)) return {400, "a method that is no token"};
  if (head.method.size() > kMethodMax) return {501, "a method longer than any that is known"};
  if (head.target.empty() || !grammar::all_in(grammar::kTarget, head.target)) {
    return {400, "a character that a request target cannot have"};
  }
  Refusal why;
  head.minor = minor_version(line.substr(last + 1), why);
  if (head.minor < 0) return why;
  if (!read_target(head)) return {400, "a request target that does not go with the method"};
  return {};
}

Refusal settle_host(RequestHead& head, const Said& said) {
  if (said.hosts > 1) return {400, "more than one Host"};
  if (said.hosts == 0) {
    return head.minor > 0 ? Refusal{400, "no Host"} : Refusal{};
  }
  if (!is_authority(said.host->value)) return {400, "a Host that is no host"};
  if (head.form == Form::Absolute) {  // its authority is the only one that counts
    head.drop.set(static_cast<std::size_t>(said.host - head.fields.data()));
  } else if (head.form != Form::Authority) {
    head.host = said.host->value;
  }
  return {};
}

Refusal settle_body(RequestHead& head, const Said& said, const Limits& limits) {
  head.body = Body::None;
  if (said.coded) {
    if (said.length) return {400, "both a length and a transfer coding"};
    if (head.minor == 0) return {400, "a transfer coding in HTTP/1.0"};
    if (!said.chunked) return {400, "a transfer coding that does not end in chunked"};
    if (said.other_coding) return {501, "a transfer coding that is not chunked"};
    head.body = Body::Chunked;
  } else if (said.length) {
    if (head.length > limits.body_bytes) return {413, "a body that is too long"};
    head.body = Body::Length;
  }
  if (head.form == Form::Authority && (said.coded || head.length > 0)) {
    return {400, "a body of CONNECT"};
  }
  return {};
}

/// Only who has a body to send may wait for leave to send it, and not in HTTP/1.0.
Refusal settle_expectation(RequestHead& head, const Said& said) {
  if (said.other_expected && head.minor > 0)
    return {417, "an expectation that is not 100-continue"};
  const bool has_body = head.body == Body::Chunked || head.length > 0;
  head.expects_continue = said.continue_expected && has_body && head.minor > 0;
  if (head.expects_continue || said.expect_at == kFieldsMax) return {};
  for (std::size_t i = said.expect_at + 1; i-- > 0;) {
    if (same_name(head.fields[i].name, "expect")) head.drop.set(i);
  }
  return {};
}

Refusal settle(RequestHead& head, const Limits& limits) {
  Said said;
  head.drop.reset();
  head.length = 0;
  if (const Refusal why = read_fields(head, said); why.status != 0) return why;
  if (const Refusal why = settle_host(head, said); why.status != 0) return why;
  if (const Refusal why = settle_body(head, said, limits); why.status != 0) return why;
  if (const Refusal why = settle_expectation(head, said); why.status != 0) return why;
  head.keep_alive = lives_on(head, said);
  head.takes_trailers = said.trailers;
  head.upgrade = upgrade_of(head, said);
  if (!head.upgrade.empty()) head.drop.reset(said.upgrade_at);
  return {};
}

Parse walk(LineReader& lines, RequestHead& out) {
  if (const Parse empty = lines.skip_empty_line(); empty != Parse::Done) return empty;
  std::string_view line;
  if (const Parse start = lines.start_line(line); start != Parse::Done) return start;
  if (!line.empty()) {
    const Refusal why = read_request_line(line, out);
    if (why.status != 0) return lines.refuse(why.status, why.why);
  }
  return lines.field_lines(out);
}

}  // namespace

Parse parse_request(std::string_view buffer, const Limits& limits, Progress& progress,
                    RequestHead& out, Refusal& why) {
  LineReader lines(buffer, limits, progress, why, false);
  const Parse state = read_head(lines, progress, out, walk);
  if (state != Parse::Done) return state;
  why = settle(out, limits);
  return why.status == 0 ? Parse::Done : Parse::Refused;
}

}  // namespace http1
