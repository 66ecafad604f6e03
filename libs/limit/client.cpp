#include "limit/client.h"

#include <algorithm>

namespace limit {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<Address> address_or_nothing(std::string_view text) {
  // The message of an error costs an allocation; most garbage is told by its first character.
  const bool can_be = !text.empty() && text.size() <= 45 &&
                      text.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
  if (!can_be) return std::nullopt;
  const auto parsed = parse_address(text);
  if (!parsed) return std::nullopt;
  return *parsed;
}

/// The list's elements from its right end, over all fields; empty elements are skipped (RFC 9110
/// section 5.6.1.2).
class Backwards {
 public:
  explicit Backwards(std::span<const std::string_view> fields) : fields_(fields) {}

  std::optional<std::string_view> next() {
    for (;;) {
      if (!open_) {
        if (fields_.empty()) return std::nullopt;
        rest_ = fields_.back();
        fields_ = fields_.first(fields_.size() - 1);
        open_ = true;
      }
      const std::size_t comma = rest_.rfind(',');
      const bool last = comma == std::string_view::npos;
      const std::string_view element = trimmed(last ? rest_ : rest_.substr(comma + 1));
      rest_ = last ? std::string_view() : rest_.substr(0, comma);
      open_ = !last;
      if (!element.empty()) return element;
    }
  }

 private:
  std::span<const std::string_view> fields_;
  std::string_view rest_;
  bool open_ = false;
};

}  // namespace

std::optional<Address> parse_hop(std::string_view element) {
  element = trimmed(element);
  if (element.size() >= 2 && element.front() == '"' && element.back() == '"') {
    element = trimmed(element.substr(1, element.size() - 2));
  }
  if (!element.empty() && element.front() == '[') {
    const std::size_t close = element.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    const std::string_view inside = element.substr(1, close - 1);
    const std::string_view after = element.substr(close + 1);
    const bool ended = after.empty() || (after.front() == ':' && is_port(after.substr(1)));
    if (!ended || inside.find(':') == std::string_view::npos) return std::nullopt;
    return address_or_nothing(inside);
  }
  const std::size_t colon = element.find(':');
  const bool one_colon = colon != std::string_view::npos && element.rfind(':') == colon;
  if (!one_colon) return address_or_nothing(element);
  if (!is_port(element.substr(colon + 1))) return std::nullopt;
  return address_or_nothing(element.substr(0, colon));
}

Address client_of(const Address& peer, std::span<const std::string_view> forwarded,
                  const PrefixSet& trusted) {
  Address client = peer;
  Backwards hops(forwarded);
  for (int walked = 0; walked < kHopsMax && trusted.contains(client); ++walked) {
    const auto element = hops.next();
    if (!element) break;
    const auto hop = parse_hop(*element);
    if (!hop) break;
    client = *hop;
  }
  return client;
}

Address bucket_of(const Address& client) {
  return client.is_v4() ? client : Address{client.high, 0};
}

}  // namespace limit
