// Where a database is: any text is an address that libpq can be given, or refused.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "probes/pg_address_url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto address = probes::parse_pg_address({reinterpret_cast<const char*>(data), size});
  if (!address) return 0;
  CHECK(address->port > 0 && address->password.empty());
  for (const std::string& text : {address->host, address->user, address->database, address->tls,
                                  address->ca_file, address->application}) {
    CHECK(text.find('\0') == std::string::npos);
  }
  CHECK(!address->host.empty() && !address->user.empty() && !address->database.empty());
  return 0;
}
