#include "expressions.h"

namespace oracle {
namespace {

std::set<int> range(int low, int high, int step = 1) {
  std::set<int> out;
  for (int value = low; value <= high; value += step) out.insert(value);
  return out;
}

/// A field: any value, one, a range, a list of some, or steps; as text and as a set.
std::set<int> random_field(base::Random& random, int low, int high, std::string& text) {
  const auto pick = [&] { return static_cast<int>(random.between(low, high)); };
  if (!text.empty()) text += " ";
  std::set<int> set;
  switch (random.below(5)) {
    case 0: text += "*"; return {};
    case 1: {
      const int value = pick();
      text += std::to_string(value);
      return {value};
    }
    case 2: {
      const int a = pick();
      const int b = pick();
      text += std::to_string(std::min(a, b)) + "-" + std::to_string(std::max(a, b));
      return range(std::min(a, b), std::max(a, b));
    }
    case 3: {
      const int from = pick();
      const int step = static_cast<int>(random.between(1, high - low));
      text += std::to_string(from) + "-" + std::to_string(high) + "/" + std::to_string(step);
      return range(from, high, step);
    }
    default: {
      std::string list;
      for (int i = 0; i < 3; ++i) {
        const int value = pick();
        set.insert(value);
        list += (list.empty() ? "" : ",") + std::to_string(value);
      }
      text += list;
      return set;
    }
  }
}

}  // namespace

std::vector<Expression> telling_expressions() {
  return {
      {"30 2 * * *", {30}, {2}, {}, {}, {}},
      {"*/20 1-3 * * *", range(0, 59, 20), {1, 2, 3}, {}, {}, {}},
      {"@daily", {0}, {0}, {}, {}, {}},
      {"15 * * * *", {15}, {}, {}, {}, {}},
      {"0 */2 * * *", {0}, range(0, 23, 2), {}, {}, {}},
      {"59 23 28-31 * 5", {59}, {23}, range(28, 31), {}, {5}},
      {"10 0,3 29 feb *", {10}, {0, 3}, {29}, {2}, {}},
      {"0 3 * MAR-APR,oct-Nov SUN", {0}, {3}, {}, {3, 4, 10, 11}, {0}},
      {"0 12 30,31 12 *", {0}, {12}, {30, 31}, {12}, {}},
      {"30 */6 * * 1-5", {30}, range(0, 23, 6), {}, {}, range(1, 5)},
  };
}

Expression random_expression(base::Random& random) {
  Expression out;
  // Mostly few slots a day, so that walking them stays quick.
  out.minutes = {static_cast<int>(random.below(60))};
  out.text = std::to_string(*out.minutes.begin());
  out.hours = random_field(random, 0, 23, out.text);
  out.days = random_field(random, 1, 28, out.text);
  out.months = random_field(random, 1, 12, out.text);
  out.weekdays = random_field(random, 0, 6, out.text);
  return out;
}

}  // namespace oracle
