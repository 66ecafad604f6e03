#include "net/dns_message.h"

#include <algorithm>
#include <ares.h>
#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <memory>
#include <span>

#include <fmt/format.h>

namespace net {

namespace {
constexpr std::size_t kHeaderBytes = 12;
constexpr int kInternet = 1;
constexpr int kTypeA = 1, kTypeAaaa = 28;
// More than fit into a message without EDNS.
constexpr std::size_t kAddressesMax = 256;

struct FreeAres {
  void operator()(void* bytes) const { ares_free_string(bytes); }
};

int type_of(NameRecord record) {
  return record == NameRecord::A ? kTypeA : kTypeAaaa;
}

unsigned at(std::string_view message, std::size_t index) {
  return static_cast<unsigned char>(message[index]);
}

unsigned word(std::string_view message, std::size_t index) {
  return at(message, index) << 8U | at(message, index + 1);
}

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  if (!b.empty() && b.back() == '.') b.remove_suffix(1);
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [&](char x, char y) { return lower(x) == lower(y); });
}

const unsigned char* bytes_of(std::string_view message) {
  return reinterpret_cast<const unsigned char*>(message.data());
}

/// The message has one question, and it is for this name's records of that type.
bool asks_for(std::string_view message, const std::string& name, NameRecord record) {
  if (word(message, 4) != 1) return false;
  char* expanded = nullptr;
  long length = 0;  // NOLINT(google-runtime-int): c-ares has it so
  const int status = ares_expand_name(bytes_of(message) + kHeaderBytes, bytes_of(message),
                                      static_cast<int>(message.size()), &expanded, &length);
  const std::unique_ptr<char, FreeAres> asked(expanded);
  if (status != ARES_SUCCESS) return false;
  const std::size_t end = kHeaderBytes + static_cast<std::size_t>(length);
  return end + 4 <= message.size() &&
         word(message, end) == static_cast<unsigned>(type_of(record)) &&
         word(message, end + 2) == kInternet && same_name(asked.get(), name);
}

int parsed(std::string_view message, ares_addrttl* found, int* count) {
  return ares_parse_a_reply(bytes_of(message), static_cast<int>(message.size()), nullptr, found,
                            count);
}
int parsed(std::string_view message, ares_addr6ttl* found, int* count) {
  return ares_parse_aaaa_reply(bytes_of(message), static_cast<int>(message.size()), nullptr, found,
                               count);
}

void add(const ares_addrttl& one, NameReply& out) {
  out.addresses.push_back(ntohl(one.ipaddr.s_addr));
}
void add(const ares_addr6ttl& one, NameReply& out) {
  std::memcpy(out.addresses6.emplace_back().data(), &one.ip6addr, sizeof one.ip6addr);
}

/// `Found`: of c-ares, an address with its time to live.
template <class Found>
NameReply addresses_of(std::string_view message) {
  if (word(message, 6) == 0) return {NameOutcome::NoAddress, {}, 0};
  std::array<Found, kAddressesMax> found{};
  int count = static_cast<int>(found.size());
  const int status = parsed(message, found.data(), &count);
  if (status == ARES_ENODATA || (status == ARES_SUCCESS && count == 0)) {
    return {NameOutcome::NoAddress, {}, 0};
  }
  if (status != ARES_SUCCESS) return {NameOutcome::Broken, {}, 0};
  NameReply reply{NameOutcome::Found, {}, 0};
  // RFC 2181 §8: a time to live with its highest bit set is zero.
  int ttl = found.front().ttl;
  for (const Found& one : std::span(found).first(static_cast<std::size_t>(count))) {
    add(one, reply);
    ttl = std::min(ttl, one.ttl);
  }
  reply.ttl = static_cast<std::uint32_t>(std::max(ttl, 0));
  return reply;
}

NameReply addresses_of(std::string_view message, NameRecord record) {
  return record == NameRecord::A ? addresses_of<ares_addrttl>(message)
                                 : addresses_of<ares_addr6ttl>(message);
}
}  // namespace

base::Result<std::string> dns_question(const std::string& name, std::uint16_t id,
                                       NameRecord record) {
  unsigned char* made = nullptr;
  int length = 0;
  const int status =
      ares_create_query(name.c_str(), kInternet, type_of(record), id, 1, &made, &length, 0);
  const std::unique_ptr<unsigned char, FreeAres> owner(made);
  if (status != ARES_SUCCESS || name.empty() || name == ".") {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("'{}' is no name that a name server can be asked for", name));
  }
  return std::string(reinterpret_cast<const char*>(made), static_cast<std::size_t>(length));
}

std::optional<NameReply> dns_reply(std::string_view message, const std::string& name,
                                   std::uint16_t id, NameRecord record) {
  if (message.size() < kHeaderBytes || word(message, 0) != id) return std::nullopt;
  const unsigned flags = word(message, 2);
  const bool answer = (flags & 0x8000U) != 0 && (flags & 0x7800U) == 0;
  const bool truncated = (flags & 0x0200U) != 0;
  const unsigned code = flags & 0x000FU;
  // A server that cannot read the question does not always repeat it.
  const bool bare = code != 0 && word(message, 4) == 0;
  if (!answer || !(bare || asks_for(message, name, record))) return std::nullopt;
  switch (code) {
    case 0:
      return truncated ? NameReply{NameOutcome::Broken, {}, 0} : addresses_of(message, record);
    case 2: return NameReply{NameOutcome::ServerFailed, {}, 0};
    case 3: return NameReply{NameOutcome::NoSuchName, {}, 0};
    default: return NameReply{NameOutcome::Denied, {}, 0};
  }
}

}  // namespace net
