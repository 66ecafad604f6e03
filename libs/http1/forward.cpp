#include "http1/forward.h"

#include "http1/target.h"

namespace http1 {
namespace {

constexpr std::size_t kVersionEnd = 9;  // of "HTTP/1.1 200 OK"
constexpr std::size_t kStatusDigits = 3;

std::string_view between(const char* from, const char* to) {
  return {from, static_cast<std::size_t>(to - from)};
}

void add(Pieces& out, std::string_view piece) {
  if (piece.empty()) return;
  out.at[out.count++] = piece;
  out.bytes += piece.size();
}

/// The kept lines, in runs; the first run begins at `from`, with what stands before the fields.
void add_kept(const Head& head, const char* from, Pieces& out) {
  for (std::size_t i = 0; head.drop.any() && i < head.field_count; ++i) {
    if (!head.drop[i]) continue;
    const std::string_view line = line_of(head, i);
    add(out, between(from, line.data()));
    from = line.data() + line.size();
  }
  add(out, between(from, head.lines.data() + head.lines.size()));
}

bool keeps_start_line(const RequestHead& head) {
  return head.minor == 1 && head.form != Form::Absolute;
}

bool keeps_start_line(const ResponseHead& head) {
  return head.minor == 1 && head.raw[kVersionEnd + kStatusDigits] == ' ';
}

/// The target for a server that is the last hop: a path, and '*' of OPTIONS for all of it.
void add_target(const RequestHead& head, Pieces& out) {
  if (head.form != Form::Absolute) return add(out, head.target);
  const std::string_view rest = after_authority(head.target);
  if (!rest.starts_with('/')) add(out, head.path);
  add(out, rest);
}

}  // namespace

bool verbatim(const RequestHead& head) {
  return head.drop.none() && keeps_start_line(head);
}

bool verbatim(const ResponseHead& head) {
  return head.drop.none() && keeps_start_line(head);
}

std::string_view line_of(const Head& head, std::size_t index) {
  const bool last = index + 1 == head.field_count;
  const char* const end =
      last ? head.lines.data() + head.lines.size() : head.fields[index + 1].name.data();
  return between(head.fields[index].name.data(), end);
}

void forward_request(const RequestHead& head, Pieces& out) {
  out.count = out.bytes = 0;
  if (keeps_start_line(head)) return add_kept(head, head.raw.data(), out);
  add(out, head.method);
  add(out, " ");
  add_target(head, out);
  add(out, " HTTP/1.1\r\n");
  if (head.form == Form::Absolute || find(head, "Host") == nullptr) {
    add(out, "Host: ");
    add(out, head.host);
    add(out, kHeadEnd);
  }
  add_kept(head, head.lines.data(), out);
}

void forward_response(const ResponseHead& head, Pieces& out) {
  out.count = out.bytes = 0;
  if (keeps_start_line(head)) return add_kept(head, head.raw.data(), out);
  add(out, "HTTP/1.1 ");
  add(out, head.raw.substr(kVersionEnd, kStatusDigits));
  add(out, " ");
  add(out, head.reason);
  add(out, kHeadEnd);
  add_kept(head, head.lines.data(), out);
}

}  // namespace http1
