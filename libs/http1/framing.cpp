#include "http1/framing.h"

#include "http1/grammar.h"

namespace http1 {
namespace {

using grammar::trim;

constexpr std::size_t kOptionsMax = 32;    // of Connection
constexpr std::size_t kLengthDigits = 19;  // 2^63 has as many

enum class Known {
  Other,
  Connection,
  Length,
  Coding,
  Host,
  Date,
  Te,
  Upgrade,
  Expect,
  Ends  // is dropped, and nothing else
};

Known of_size_14_or_more(std::string_view name) {
  switch (name.size()) {
    case 14:
      if (same_name(name, "content-length")) return Known::Length;
      return same_name(name, "http2-settings") ? Known::Ends : Known::Other;
    case 16: return same_name(name, "proxy-connection") ? Known::Ends : Known::Other;
    case 17: return same_name(name, "transfer-encoding") ? Known::Coding : Known::Other;
    case 18: return same_name(name, "proxy-authenticate") ? Known::Ends : Known::Other;
    case 19: return same_name(name, "proxy-authorization") ? Known::Ends : Known::Other;
    case 25: return same_name(name, "proxy-authentication-info") ? Known::Ends : Known::Other;
    default: return Known::Other;
  }
}

Known known(std::string_view name) {
  switch (name.size()) {
    case 2: return same_name(name, "te") ? Known::Te : Known::Other;
    case 4:
      if (same_name(name, "host")) return Known::Host;
      return same_name(name, "date") ? Known::Date : Known::Other;
    case 5:  // becomes HTTP_PROXY in a CGI program's environment
      return same_name(name, "proxy") ? Known::Ends : Known::Other;
    case 6: return same_name(name, "expect") ? Known::Expect : Known::Other;
    case 7: return same_name(name, "upgrade") ? Known::Upgrade : Known::Other;
    case 10:
      if (same_name(name, "connection")) return Known::Connection;
      return same_name(name, "keep-alive") ? Known::Ends : Known::Other;
    default: return of_size_14_or_more(name);
  }
}

class FieldReader {
 public:
  FieldReader(Head& head, Said& said) : head_(head), said_(said) {}

  Refusal run() {
    head_.marks = 0;
    for (std::size_t i = 0; i < head_.field_count; ++i) {
      head_.marks |= name_mark(head_.fields[i].name);
    }
    for (std::size_t i = 0; i < head_.field_count && why_.status == 0; ++i) take(i);
    for (std::size_t i = 0; any_connection_ && i < head_.field_count && why_.status == 0; ++i) {
      if (connection_[i]) options(head_.fields[i].value);
    }
    return why_;
  }

 private:
  void take(std::size_t i) {
    const Field& field = head_.fields[i];
    switch (known(field.name)) {
      case Known::Other: return;
      case Known::Length: return length(i);
      case Known::Coding: return codings(field.value);
      case Known::Host:
        said_.host = &field;
        ++said_.hosts;
        return;
      case Known::Date: said_.dated = true; return;
      case Known::Connection:
        connection_.set(i);
        any_connection_ = true;
        break;
      case Known::Te: said_.trailers = said_.trailers || lists(field.value, "trailers"); break;
      case Known::Upgrade:
        said_.upgrade_at = i;
        ++said_.upgrades;
        break;
      case Known::Expect: return expect(i);
      case Known::Ends: break;
    }
    head_.drop.set(i);
  }

  void length(std::size_t i) {
    const std::string_view text = head_.fields[i].value;
    std::uint64_t value = 0;
    if (text.empty() || text.size() > kLengthDigits) return refuse("a length that is no length");
    for (const char c : text) {
      if (!grammar::digit(c)) return refuse("a length that is no number");
      value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (value > INT64_MAX) return refuse("a length beyond 63 bits");
    if (said_.length && value != head_.length) return refuse("two lengths that differ");
    if (said_.length) head_.drop.set(i);
    said_.length = true;
    head_.length = value;
  }

  void codings(std::string_view value) {
    said_.coded = true;
    grammar::each_member(value, [this](std::string_view coding) {
      if (coding.empty()) {
        refuse("an empty transfer coding");
      } else if (said_.chunked) {
        refuse("a transfer coding after chunked");
      } else if (same_name(coding, "chunked")) {
        said_.chunked = true;
      } else {
        said_.other_coding = true;
      }
      return why_.status == 0;
    });
  }

  void expect(std::size_t i) {
    said_.expect_at = i;
    grammar::each_member(head_.fields[i].value, [this](std::string_view expectation) {
      if (same_name(expectation, "100-continue")) {
        said_.continue_expected = true;
      } else if (!expectation.empty()) {
        said_.other_expected = true;
      }
      return true;
    });
  }

  void options(std::string_view value) {
    grammar::each_member(value, [this](std::string_view option) {
      if (option.empty()) return true;
      if (!grammar::token(option)) {
        refuse("a connection option that is no token");
      } else if (++options_ > kOptionsMax) {
        refuse("too many connection options");
      } else if (same_name(option, "close")) {
        said_.close = true;
      } else if (same_name(option, "keep-alive")) {
        said_.keep_alive = true;
      } else if (same_name(option, "upgrade")) {
        said_.upgrade_named = true;
      } else {
        drop_named(option);
      }
      return why_.status == 0;
    });
  }

  /// A field that frames, routes or holds back the message is for every hop; without it the next
  /// one would read another message.
  void drop_named(std::string_view option) {
    const Known what = known(option);
    if (what == Known::Length || what == Known::Coding || what == Known::Host ||
        what == Known::Expect) {
      return refuse("a connection option that names a field of the message");
    }
    if (what == Known::Date) said_.dated = false;
    for (std::size_t i = 0; i < head_.field_count; ++i) {
      if (same_name(head_.fields[i].name, option)) head_.drop.set(i);
    }
  }

  void refuse(const char* why) { why_ = {400, why}; }

  Head& head_;
  Said& said_;
  Refusal why_;
  std::bitset<kFieldsMax> connection_;
  bool any_connection_ = false;
  std::size_t options_ = 0;
};

}  // namespace

Refusal read_fields(Head& head, Said& said) {
  return FieldReader(head, said).run();
}

bool lives_on(const Head& head, const Said& said) {
  return !said.close && (head.minor > 0 || said.keep_alive);
}

std::string_view upgrade_of(const Head& head, const Said& said) {
  if (said.upgrades != 1 || !said.upgrade_named || head.minor == 0) return {};
  const std::string_view protocol = head.fields[said.upgrade_at].value;
  const std::size_t slash = protocol.find('/');
  const std::string_view name = protocol.substr(0, slash);
  if (!grammar::token(name) || same_name(name, "h2c")) return {};
  if (slash != std::string_view::npos && !grammar::token(protocol.substr(slash + 1))) return {};
  return protocol;
}

int minor_version(std::string_view text, Refusal& why) {
  constexpr std::string_view kName = "HTTP/";
  const bool shaped = text.size() == 8 && text.starts_with(kName) && grammar::digit(text[5]) &&
                      text[6] == '.' && grammar::digit(text[7]);
  if (!shaped) {
    why = {400, "a version that is not HTTP/1.1"};
    return -1;
  }
  if (text[5] != '1') {
    why = {505, "a version that is not HTTP/1"};
    return -1;
  }
  return text[7] - '0';
}

bool same_name(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  std::size_t at = 0;
  for (; at + 8 <= a.size(); at += 8) {
    if (grammar::lower_eight(a.data() + at) != grammar::lower_eight(b.data() + at)) return false;
  }
  for (; at < a.size(); ++at) {
    if (grammar::lower(a[at]) != grammar::lower(b[at])) return false;
  }
  return true;
}

bool lists(std::string_view value, std::string_view member) {
  return !grammar::each_member(value, [member](std::string_view text) {
    return !same_name(trim(text.substr(0, text.find(';'))), member);
  });
}

const Field* find_marked(const Head& head, std::string_view name, const Field* from) {
  const Field* const end = head.fields.data() + head.field_count;
  for (const Field* at = from == nullptr ? head.fields.data() : from + 1; at != end; ++at) {
    if (same_name(at->name, name)) return at;
  }
  return nullptr;
}

}  // namespace http1
