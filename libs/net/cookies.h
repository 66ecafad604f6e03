// The cookies that one session or one user keeps of one server: name and value, as in RFC 6265.
// Attributes are not kept, because everything is asked of one server: a cookie goes back with every
// request, whatever its Path, Domain or Secure say. Only its end is looked at: Max-Age of 0 or
// less, or Expires in the past, deletes it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace net {

class CookieJar {
 public:
  /// The value of a Set-Cookie header. What is no cookie is ignored.
  void take(std::string_view set_cookie, base::WallTime now);
  /// The value of a Cookie header, in the order in which they came; empty: there are none.
  std::string header() const;
  bool empty() const { return cookies_.empty(); }
  void clear() { cookies_.clear(); }

 private:
  std::vector<std::pair<std::string, std::string>> cookies_;
};

}  // namespace net
