#include "http1/target.h"

#include "http1/grammar.h"

namespace http1 {
namespace {

constexpr std::string_view kSchemeEnd = "://";
constexpr std::size_t kPortDigits = 5;

bool is_port(std::string_view text) {
  if (text.size() > kPortDigits) return false;
  unsigned value = 0;
  for (const char c : text) {
    if (!grammar::digit(c)) return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value <= 0xffff;
}

bool is_ipv6(std::string_view text) {
  bool colon = false;
  for (const char c : text) {
    if (grammar::hex(c) < 0 && c != ':' && c != '.') return false;
    colon = colon || c == ':';
  }
  return colon;
}

/// The host and what follows it, which is empty or begins with a colon.
bool split_host(std::string_view text, std::string_view& port) {
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos || !is_ipv6(text.substr(1, close - 1))) return false;
    port = text.substr(close + 1);
    return port.empty() || port.front() == ':';
  }
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  port = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
  return !name.empty() && grammar::all_in(grammar::kHost, name);
}

void split_query(std::string_view text, RequestHead& head) {
  const std::size_t mark = text.find('?');
  head.path = text.substr(0, mark);
  head.query = mark == std::string_view::npos ? std::string_view{} : text.substr(mark + 1);
}

bool read_absolute(RequestHead& head) {
  const std::size_t scheme = head.target.find(kSchemeEnd);
  if (scheme == std::string_view::npos) return false;
  const std::string_view name = head.target.substr(0, scheme);
  if (!same_name(name, "http") && !same_name(name, "https")) return false;
  const std::string_view rest = after_authority(head.target);
  const std::size_t begin = scheme + kSchemeEnd.size();
  head.form = Form::Absolute;
  head.host = head.target.substr(begin, head.target.size() - rest.size() - begin);
  split_query(rest, head);
  if (head.path.empty()) head.path = rest.empty() && head.method == "OPTIONS" ? "*" : "/";
  return is_authority(head.host);
}

}  // namespace

std::string_view after_authority(std::string_view target) {
  const std::size_t begin = target.find(kSchemeEnd) + kSchemeEnd.size();
  const std::size_t end = target.find_first_of("/?", begin);
  return end == std::string_view::npos ? target.substr(target.size()) : target.substr(end);
}

bool is_authority(std::string_view text) {
  std::string_view port;
  return split_host(text, port) && (port.empty() || is_port(port.substr(1)));
}

bool read_target(RequestHead& head) {
  head.host = {};
  head.query = {};
  if (head.method == "CONNECT") {
    std::string_view port;
    head.form = Form::Authority;
    head.path = {};
    head.host = head.target;
    return split_host(head.target, port) && port.size() > 1 && is_port(port.substr(1));
  }
  if (head.target.front() == '/') {
    head.form = Form::Origin;
    split_query(head.target, head);
    return true;
  }
  if (head.target == "*") {
    head.form = Form::Asterisk;
    head.path = head.target;
    return head.method == "OPTIONS";
  }
  return read_absolute(head);
}

}  // namespace http1
