#include "sidecar/redirect/messages.h"

#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <string_view>

#include <fmt/format.h>

#include "base/check.h"

namespace redirect {
namespace {

constexpr std::uint32_t kTypeShift = 8, kTypeMask = 0xff;
constexpr std::size_t kRulesMax = 8;
constexpr std::size_t kMessageWords = 128;  // of the longest: a rule
constexpr std::size_t kWords = (kRulesMax + 6) * kMessageWords;
constexpr std::int32_t kPriority = -100;  // NF_IP_PRI_NAT_DST
constexpr std::uint32_t kPortOffset = 2;  // of the destination's, in a header of TCP
constexpr std::uint16_t kWrites = NLM_F_REQUEST | NLM_F_CREATE;

/// What a message is put together in. Each is behind the last.
class Writer {
 public:
  nlmsghdr* begin(std::uint16_t type, std::uint16_t flags, std::uint8_t family = NFPROTO_INET,
                  std::uint16_t resource = 0) {
    end();
    CHECK(used_ + kMessageWords <= words_.size());
    last_ = mnl_nlmsg_put_header(words_.data() + used_);
    last_->nlmsg_type = type;
    last_->nlmsg_flags = flags;
    last_->nlmsg_seq = sequence_++;
    const nfgenmsg about{family, NFNETLINK_V0, htons(resource)};
    std::memcpy(mnl_nlmsg_put_extra_header(last_, sizeof(about)), &about, sizeof(about));
    return last_;
  }
  nlmsghdr* begin_change(nf_tables_msg_types what, std::uint16_t flags) {
    return begin(static_cast<std::uint16_t>((NFNL_SUBSYS_NFTABLES << kTypeShift) | what), flags);
  }
  Messages take() {
    end();
    words_.resize(used_);
    return std::move(words_);
  }

 private:
  void end() {
    if (last_ == nullptr) return;
    const std::size_t words = MNL_ALIGN(last_->nlmsg_len) / sizeof(std::uint32_t);
    CHECK(words <= kMessageWords);
    used_ += words;
    last_ = nullptr;
  }

  Messages words_ = Messages(kWords);
  std::size_t used_ = 0;
  nlmsghdr* last_ = nullptr;
  std::uint32_t sequence_ = 1;
};

template <class Fill>
void nest(nlmsghdr* message, std::uint16_t type, Fill fill) {
  nlattr* const start = mnl_attr_nest_start(message, type);
  fill();
  mnl_attr_nest_end(message, start);
}

/// Numbers of attributes are in the order of the network.
void number(nlmsghdr* message, std::uint16_t type, std::uint32_t value) {
  mnl_attr_put_u32(message, type, htonl(value));
}

template <class Fill>
void expression(nlmsghdr* message, const char* name, Fill fill) {
  nest(message, NFTA_LIST_ELEM, [&] {
    mnl_attr_put_strz(message, NFTA_EXPR_NAME, name);
    nest(message, NFTA_EXPR_DATA, fill);
  });
}

/// As it lies in the kernel's register.
template <class Value>
void data(nlmsghdr* message, std::uint16_t type, Value value) {
  nest(message, type, [&] { mnl_attr_put(message, NFTA_DATA_VALUE, sizeof(value), &value); });
}

template <class Value>
void must_be(nlmsghdr* message, Value value) {
  expression(message, "cmp", [&] {
    number(message, NFTA_CMP_SREG, NFT_REG_1);
    number(message, NFTA_CMP_OP, NFT_CMP_EQ);
    data(message, NFTA_CMP_DATA, value);
  });
}

/// For one of the namespace's own addresses: what is passed on to another machine is not ours.
void for_own_address(nlmsghdr* message) {
  expression(message, "fib", [&] {
    number(message, NFTA_FIB_DREG, NFT_REG_1);
    number(message, NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
    number(message, NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR);
  });
  must_be(message, std::uint32_t{RTN_LOCAL});
}

void for_port(nlmsghdr* message, std::uint16_t port) {
  expression(message, "meta", [&] {
    number(message, NFTA_META_DREG, NFT_REG_1);
    number(message, NFTA_META_KEY, NFT_META_L4PROTO);
  });
  must_be(message, std::uint8_t{IPPROTO_TCP});
  expression(message, "payload", [&] {
    number(message, NFTA_PAYLOAD_DREG, NFT_REG_1);
    number(message, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER);
    number(message, NFTA_PAYLOAD_OFFSET, kPortOffset);
    number(message, NFTA_PAYLOAD_LEN, sizeof(port));
  });
  must_be(message, htons(port));
}

void goes_to(nlmsghdr* message, std::uint16_t port) {
  expression(message, "immediate", [&] {
    number(message, NFTA_IMMEDIATE_DREG, NFT_REG_1);
    data(message, NFTA_IMMEDIATE_DATA, htons(port));
  });
  expression(message, "redir", [&] { number(message, NFTA_REDIR_REG_PROTO_MIN, NFT_REG_1); });
}

void table(Writer& writer, nf_tables_msg_types what, std::uint16_t flags) {
  mnl_attr_put_strz(writer.begin_change(what, flags), NFTA_TABLE_NAME, kTable);
}

void chain(Writer& writer) {
  nlmsghdr* const message = writer.begin_change(NFT_MSG_NEWCHAIN, kWrites);
  mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, kTable);
  mnl_attr_put_strz(message, NFTA_CHAIN_NAME, kChain);
  nest(message, NFTA_CHAIN_HOOK, [&] {
    number(message, NFTA_HOOK_HOOKNUM, NF_INET_PRE_ROUTING);
    number(message, NFTA_HOOK_PRIORITY, static_cast<std::uint32_t>(kPriority));
  });
  number(message, NFTA_CHAIN_POLICY, NF_ACCEPT);
  mnl_attr_put_strz(message, NFTA_CHAIN_TYPE, "nat");
}

void rule(Writer& writer, const Rule& rule, bool last) {
  const int flags = kWrites | NLM_F_APPEND | (last ? NLM_F_ACK : 0);
  nlmsghdr* const message = writer.begin_change(NFT_MSG_NEWRULE, static_cast<std::uint16_t>(flags));
  mnl_attr_put_strz(message, NFTA_RULE_TABLE, kTable);
  mnl_attr_put_strz(message, NFTA_RULE_CHAIN, kChain);
  nest(message, NFTA_RULE_EXPRESSIONS, [&] {
    for_own_address(message);
    for_port(message, rule.from);
    goes_to(message, rule.to);
  });
}

// --- reading -------------------------------------------------------------------------------------

using Attributes = std::vector<const nlattr*>;

int keep(const nlattr* attribute, void* into) {
  static_cast<Attributes*>(into)->push_back(attribute);
  return MNL_CB_OK;
}

Attributes inside(const nlattr* nested) {
  Attributes out;
  if (nested != nullptr) mnl_attr_parse_nested(nested, keep, &out);
  return out;
}

/// Null: there is none of this type.
const nlattr* find(const Attributes& all, std::uint16_t type) {
  for (const nlattr* each : all) {
    if (mnl_attr_get_type(each) == type) return each;
  }
  return nullptr;
}

std::string_view bytes(const nlattr* attribute) {
  if (attribute == nullptr) return {};
  return {static_cast<const char*>(mnl_attr_get_payload(attribute)),
          mnl_attr_get_payload_len(attribute)};
}

std::string_view text(const nlattr* attribute) {
  const std::string_view all = bytes(attribute);
  return all.substr(0, all.find('\0'));
}

bool is(const Attributes& all, std::uint16_t type, std::uint32_t value) {
  std::uint32_t found = 0;
  const std::string_view held = bytes(find(all, type));
  if (held.size() != sizeof(found)) return false;
  std::memcpy(&found, held.data(), sizeof(found));
  return ntohl(found) == value;
}

/// What an expression of ours does beside its name.
bool is_as_ours(std::string_view name, const Attributes& held) {
  if (name == "fib") {
    return is(held, NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE) &&
           is(held, NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR);
  }
  if (name == "cmp") return is(held, NFTA_CMP_OP, NFT_CMP_EQ);
  if (name == "meta") return is(held, NFTA_META_KEY, NFT_META_L4PROTO);
  if (name == "payload") {
    return is(held, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER) &&
           is(held, NFTA_PAYLOAD_OFFSET, kPortOffset) &&
           is(held, NFTA_PAYLOAD_LEN, sizeof(std::uint16_t));
  }
  return name == "immediate" || name == "redir";
}

/// An expression, with what it compares with a register or puts into one.
struct Read {
  std::string_view name, value;
};

/// No name: it is none of ours.
Read read(const nlattr* element) {
  const Attributes parts = inside(element);
  const std::string_view name = text(find(parts, NFTA_EXPR_NAME));
  const Attributes held = inside(find(parts, NFTA_EXPR_DATA));
  if (!is_as_ours(name, held)) return {};
  if (name != "cmp" && name != "immediate") return {name, {}};
  const std::uint16_t data_in =
      name == "cmp" ? std::uint16_t{NFTA_CMP_DATA} : std::uint16_t{NFTA_IMMEDIATE_DATA};
  return {name, bytes(find(inside(find(held, data_in)), NFTA_DATA_VALUE))};
}

template <class Value>
std::optional<Value> as(std::string_view value) {
  Value out{};
  if (value.size() != sizeof(out)) return std::nullopt;
  std::memcpy(&out, value.data(), sizeof(out));
  return out;
}

std::optional<Rule> rule_of_ours(const Attributes& elements) {
  constexpr std::array<std::string_view, 8> kNames = {"fib",     "cmp", "meta",      "cmp",
                                                      "payload", "cmp", "immediate", "redir"};
  enum : std::uint8_t { Address = 1, Protocol = 3, From = 5, To = 6 };
  if (elements.size() != kNames.size()) return std::nullopt;
  std::array<std::string_view, kNames.size()> values;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    const Read found = read(elements[i]);
    if (found.name != kNames[i]) return std::nullopt;
    values[i] = found.value;
  }
  const auto from = as<std::uint16_t>(values[From]), to = as<std::uint16_t>(values[To]);
  if (as<std::uint32_t>(values[Address]) != std::uint32_t{RTN_LOCAL}) return std::nullopt;
  if (as<std::uint8_t>(values[Protocol]) != std::uint8_t{IPPROTO_TCP}) return std::nullopt;
  if (!from || !to) return std::nullopt;
  return Rule{ntohs(*from), ntohs(*to)};
}

std::uint32_t kind(std::uint16_t type) {
  return type & kTypeMask;
}

}  // namespace

Messages to_replace(const Rules& rules) {
  CHECK(!rules.empty() && rules.size() <= kRulesMax);
  Writer writer;
  writer.begin(NFNL_MSG_BATCH_BEGIN, NLM_F_REQUEST, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
  // Made if it is not there, so that it can be taken away: only what is there can be.
  table(writer, NFT_MSG_NEWTABLE, kWrites);
  table(writer, NFT_MSG_DELTABLE, NLM_F_REQUEST);
  table(writer, NFT_MSG_NEWTABLE, kWrites);
  chain(writer);
  for (const Rule& each : rules) rule(writer, each, &each == &rules.back());
  writer.begin(NFNL_MSG_BATCH_END, NLM_F_REQUEST, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
  return writer.take();
}

Messages to_list() {
  Writer writer;
  nlmsghdr* const message = writer.begin_change(NFT_MSG_GETRULE, NLM_F_REQUEST | NLM_F_DUMP);
  mnl_attr_put_strz(message, NFTA_RULE_TABLE, kTable);
  return writer.take();
}

std::string subject(std::uint16_t type) {
  switch (kind(type)) {
    case NFT_MSG_NEWTABLE:
    case NFT_MSG_DELTABLE: return "the table";
    case NFT_MSG_NEWCHAIN: return "the chain";
    case NFT_MSG_NEWRULE: return "a rule";
    default: return "the transaction";
  }
}

base::Result<std::optional<Rule>> rule_of(const nlmsghdr& message) {
  if (message.nlmsg_type >> kTypeShift != NFNL_SUBSYS_NFTABLES) return std::nullopt;
  if (kind(message.nlmsg_type) != NFT_MSG_NEWRULE) return std::nullopt;
  if (mnl_nlmsg_get_payload_len(&message) < sizeof(nfgenmsg)) return std::nullopt;
  Attributes all;
  mnl_attr_parse(&message, sizeof(nfgenmsg), keep, &all);
  if (text(find(all, NFTA_RULE_TABLE)) != kTable) return std::nullopt;
  const auto found = rule_of_ours(inside(find(all, NFTA_RULE_EXPRESSIONS)));
  if (found) return found;
  return base::fail(base::Code::FailedPrecondition,
                    fmt::format("the table inet {} has a rule that is not of muster-redirect: "
                                "somebody else writes to it",
                                kTable));
}

}  // namespace redirect
