// What an API server holds every object to, of whatever kind: its name, and which part of its
// metadata a write may change. Pure. Source: the behaviour of kube-apiserver 1.36, with which it is
// compared (tests/integration/kube/conformance_test.cpp).
#pragma once

#include <cstdint>
#include <string>

#include "api/node.h"
#include "kube/resource.h"

namespace sim {

/// Whether an object of the kind has a generation.
bool has_generation(const kube::Resource& resource);
/// Whether a replacement has to say which version it replaces.
bool needs_version(const kube::Resource& resource);

/// Whether they say the same, in whatever order.
bool same(const api::Node& a, const api::Node& b);

/// A name of DNS, as most kinds want it.
bool is_object_name(const std::string& name);
/// What the server adds to a prefix; another for each number.
std::string generated_name(const std::string& prefix, std::uint64_t number);

/// Why a write of one that was `now` is refused; empty: it is not.
struct Refused {
  unsigned code = 0;
  std::string reason{}, message{};
};
/// `replaces`: the whole object was sent, else a patch.
Refused refused_change(const api::Node& now, const api::Node& then, bool replaces);
/// What no writer decides stays as it was.
void keep_own_fields(const api::Node& now, api::Node& then);
/// Marked as being deleted.
void mark_deleted(api::Node& meta, const std::string& time, std::int64_t grace_seconds);

}  // namespace sim
