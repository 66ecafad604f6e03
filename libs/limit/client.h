// Who sent a request. Behind proxies the peer is a proxy, and X-Forwarded-For is a list to which
// every proxy appends whom it got the request from. Only what a trusted proxy wrote is known, so
// the list is read from its right end: the client is the first hop that is not a trusted proxy.
// Everything to the left of it was written by the client and is worth nothing.
//
// The list is cut at commas from the right, and quotes are looked at only inside an element: a
// reader from the left lets a client open a quote that swallows what the proxy appended.
// An element that is no address (`unknown`, an obfuscated name, garbage) ends the walk at the proxy
// that wrote it: clients behind it share its bucket, which is too strict but cannot be abused.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "limit/address.h"

namespace limit {

/// Hops that are walked at most; a longer chain of trusted proxies is a loop or a forgery.
inline constexpr int kHopsMax = 32;

/// `forwarded`: the X-Forwarded-For fields of the request in their order. Without trusted proxies
/// (the default) it is the peer.
Address client_of(const Address& peer, std::span<const std::string_view> forwarded,
                  const PrefixSet& trusted);

/// One element: an address, with a port or not, in brackets or not, quoted or not; empty for all
/// else. Source: RFC 7239 section 6 for the forms with brackets and ports.
std::optional<Address> parse_hop(std::string_view element);

/// What is counted as one client: an IPv4 address, or the /64 of an IPv6 address, within which a
/// client picks its addresses itself (RFC 8981).
Address bucket_of(const Address& client);

}  // namespace limit
