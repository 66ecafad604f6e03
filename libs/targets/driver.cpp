#include "targets/driver.h"

namespace targets {

base::Result<> Driver::check(const api::Node& /*params*/) const {
  return {};
}

bool Driver::needs_proof(const api::Node& /*params*/) const {
  return false;
}

aio::Task<base::Result<>> Driver::preflight(Context& /*context*/, api::Node /*params*/,
                                            std::stop_token /*stop*/) {
  co_return base::Result<>{};
}

aio::Task<base::Result<std::string>> Driver::prove(Context& /*context*/, api::Node /*params*/,
                                                   api::Node /*undo*/, std::stop_token /*stop*/) {
  co_return std::string("applied; the plan asks for no further proof");
}

}  // namespace targets
