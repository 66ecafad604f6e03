// Expressions for comparison with the oracle: some chosen for what they do around clock changes,
// and random ones, rendered from sets so that the oracle needs no parser.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "oracle.h"

namespace oracle {

/// Fixed times in the hours at which clocks change, steps, every hour, rare days.
std::vector<Expression> telling_expressions();
Expression random_expression(base::Random& random);

}  // namespace oracle
