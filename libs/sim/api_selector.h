// Which objects a list or a watch asks for: the selectors of labels, equality-based (a, !a, a=b,
// a==b, a!=b) and set-based (a in (b,c), a notin (b,c)), with commas, and the equality-based of
// fields. Read here by itself, and not by what writes such texts, so that both agree with
// Kubernetes and not only with each other. Pure. Source: Kubernetes API concepts, labels and
// selectors.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/node.h"

namespace sim {

class ApiSelector {
 public:
  /// Nothing: a server would refuse it.
  static std::optional<ApiSelector> parse(std::string_view labels, std::string_view fields);
  bool matches(const api::Node& object) const;
  bool chooses() const { return !labels_.empty() || !fields_.empty(); }

 private:
  struct Term {
    std::string name;
    std::vector<std::string> values;  // one of them
    bool equal = true;
    bool any_value = false;  // whether it is there
    bool holds(const api::Node* found) const;
  };
  static std::optional<Term> term_of(std::string_view text);
  static std::optional<std::vector<Term>> terms_of(std::string_view text);

  std::vector<Term> labels_, fields_;
};

}  // namespace sim
