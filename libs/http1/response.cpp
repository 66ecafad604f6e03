// A response's head (http1/head.h). What cannot be passed on in one reading is refused with 502;
// what an answer without a body says about a body is left out instead, since servers do say it.
#include "http1/framing.h"
#include "http1/grammar.h"
#include "http1/head.h"
#include "http1/lines.h"

namespace http1 {
namespace {

constexpr std::size_t kStatusAt = 9;  // after "HTTP/1.1 "
constexpr std::size_t kReasonAt = 12;

/// "HTTP/1.1 200 OK"; some leave out the blank when there is no reason.
const char* read_status_line(std::string_view line, ResponseHead& head) {
  if (line.size() < kReasonAt || line[kStatusAt - 1] != ' ') return "a status line that is none";
  Refusal why;
  head.minor = minor_version(line.substr(0, kStatusAt - 1), why);
  if (head.minor < 0) return why.why;
  head.status = 0;
  for (const char c : line.substr(kStatusAt, 3)) {
    if (!grammar::digit(c)) return "a status that is no number";
    head.status = head.status * 10 + (c - '0');
  }
  if (head.status < 100 || head.status > 599) return "a status that is not from 100 to 599";
  const std::string_view rest = line.substr(kReasonAt);
  if (!rest.empty() && rest.front() != ' ') return "a status of more than three digits";
  head.reason = rest.empty() ? rest : rest.substr(1);
  const char* const end = line.data() + line.size();
  return grammar::find_control(line.data(), end) == end ? nullptr : "a control in the reason";
}

bool interim(int status) {
  return status < 200;
}

bool without_body(int status, std::string_view method) {
  return interim(status) || status == 204 || status == 304 || method == "HEAD" ||
         (method == "CONNECT" && status < 300);
}

/// An interim or empty response says nothing of a body. What says so all the same is not passed on,
/// and after it the connection is in doubt.
void drop_framing(ResponseHead& head, const Said& said) {
  for (std::size_t i = 0; i < head.field_count; ++i) {
    const std::string_view name = head.fields[i].name;
    if (same_name(name, "content-length") || same_name(name, "transfer-encoding")) head.drop.set(i);
  }
  if (said.coded || head.length > 0) head.keep_alive = false;
}

const char* settle_body(ResponseHead& head, const Said& said, std::string_view method) {
  if (said.coded) {
    if (said.length) return "both a length and a transfer coding";
    if (head.minor == 0) return "a transfer coding in HTTP/1.0";
    if (!said.chunked || said.other_coding) return "a transfer coding that is not chunked";
  }
  if (without_body(head.status, method)) {
    head.body = Body::None;
    const bool tunnel = method == "CONNECT" && head.status < 300;
    if (interim(head.status) || head.status == 204 || tunnel) drop_framing(head, said);
    head.length = 0;
    return nullptr;
  }
  head.body = said.coded ? Body::Chunked : said.length ? Body::Length : Body::UntilClose;
  if (head.body == Body::UntilClose) head.keep_alive = false;
  return nullptr;
}

const char* settle_upgrade(ResponseHead& head, const Said& said) {
  constexpr int kSwitching = 101;
  constexpr int kUpgradeRequired = 426;
  head.upgrade = {};
  if (said.upgrades > 0 && head.status == kUpgradeRequired) head.drop.reset(said.upgrade_at);
  if (head.status != kSwitching) return nullptr;
  head.upgrade = upgrade_of(head, said);
  if (head.upgrade.empty()) return "a switch of protocols that names none";
  head.drop.reset(said.upgrade_at);
  return nullptr;
}

const char* settle(ResponseHead& head, std::string_view method) {
  Said said;
  head.drop.reset();
  head.length = 0;
  if (const Refusal why = read_fields(head, said); why.status != 0) return why.why;
  head.dated = said.dated;
  head.keep_alive = lives_on(head, said);
  if (const char* why = settle_body(head, said, method)) return why;
  return settle_upgrade(head, said);
}

Parse walk(LineReader& lines, ResponseHead& out) {
  std::string_view line;
  if (const Parse start = lines.start_line(line); start != Parse::Done) return start;
  if (!line.empty()) {
    if (const char* why = read_status_line(line, out)) return lines.refuse(502, why);
  }
  return lines.field_lines(out);
}

}  // namespace

Parse parse_response(std::string_view buffer, std::string_view method, const Limits& limits,
                     Progress& progress, ResponseHead& out, Refusal& why) {
  LineReader lines(buffer, limits, progress, why, true);
  const Parse state = read_head(lines, progress, out, walk);
  if (state != Parse::Done) return state;
  const char* const fault = settle(out, method);
  if (fault == nullptr) return Parse::Done;
  return lines.refuse(502, fault);
}

}  // namespace http1
