// What was made void at any replica, by numbers that all of them share and that only grow. A record
// tells the newest number that its writer knew before it asked the application: whatever was made
// void under a later one, or has no number yet, is not the answer any more. Of one text the newest
// number is kept, of all texts so many; what is forgotten makes everything void that is as old.
// Pure; whoever shares it locks it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sidecar {

struct CacheVoid {
  bool pattern = false;  // of paths (limit/pattern.h); else a URI
  std::string text;

  auto operator<=>(const CacheVoid&) const = default;
};

/// As it is told to others: "p/products/*", "uhttp://shop/a".
std::string to_text(const CacheVoid& what);
/// Of nothing that makes sense: everything.
CacheVoid void_of(std::string_view text);

class CacheVoids {
 public:
  static constexpr std::size_t kMost = 4096;

  void add(const CacheVoid& what, std::uint64_t number);
  /// Everything up to this number.
  void forget(std::uint64_t number);
  /// Whether a record whose writer knew of `known` is void.
  bool cover(std::uint64_t known, const std::string& uri, std::string_view path) const;
  std::size_t size() const { return numbers_.size(); }

 private:
  std::map<CacheVoid, std::uint64_t> numbers_;
  std::uint64_t forgotten_ = 0;  // up to here
};

bool covers(const CacheVoid& what, std::string_view uri, std::string_view path);

}  // namespace sidecar
