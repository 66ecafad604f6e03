#include "sim/api_selector.h"

#include <algorithm>
#include <utility>

namespace sim {

using api::Node;

bool ApiSelector::Term::holds(const Node* found) const {
  const bool same = found != nullptr && (any_value || found->as_string() == value);
  return same == equal;
}

std::optional<std::vector<ApiSelector::Term>> ApiSelector::terms_of(std::string_view text) {
  std::vector<Term> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    Term term;
    const std::size_t equals = one.find('=');
    if (equals == std::string_view::npos) {
      term.any_value = true;
      term.equal = !one.starts_with('!');
      term.name = one.substr(term.equal ? 0 : 1);
    } else {
      term.equal = equals == 0 || one[equals - 1] != '!';
      term.name = one.substr(0, term.equal ? equals : equals - 1);
      std::string_view value = one.substr(equals + 1);
      if (term.equal && value.starts_with('=')) value.remove_prefix(1);
      term.value = value;
    }
    const bool odd = term.name.find_first_of(" ()!") != std::string::npos ||
                     term.value.find_first_of(" ()=") != std::string::npos;
    if (term.name.empty() || odd) return std::nullopt;
    out.push_back(std::move(term));
  }
  return out;
}

std::optional<ApiSelector> ApiSelector::parse(std::string_view labels, std::string_view fields) {
  auto of_labels = terms_of(labels);
  auto of_fields = terms_of(fields);
  if (!of_labels || !of_fields) return std::nullopt;
  // Others there are of some built-in kinds only.
  const std::string prefix = "metadata.";
  for (Term& term : *of_fields) {
    if (term.any_value) return std::nullopt;
    if (term.name != "metadata.name" && term.name != "metadata.namespace") return std::nullopt;
    term.name = term.name.substr(prefix.size());
  }
  ApiSelector out;
  out.labels_ = std::move(*of_labels);
  out.fields_ = std::move(*of_fields);
  return out;
}

bool ApiSelector::matches(const Node& object) const {
  const Node& meta = object["metadata"];
  const auto all = [](const std::vector<Term>& terms, const Node& in) {
    return std::all_of(terms.begin(), terms.end(),
                       [&in](const Term& term) { return term.holds(in.find(term.name)); });
  };
  return all(fields_, meta) && all(labels_, meta["labels"]);
}

}  // namespace sim
