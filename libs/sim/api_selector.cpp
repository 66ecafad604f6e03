#include "sim/api_selector.h"

#include <algorithm>
#include <utility>

namespace sim {

using api::Node;

namespace {

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// At commas that are in no brackets.
std::vector<std::string_view> parts(std::string_view text) {
  std::vector<std::string_view> out;
  std::size_t begin = 0;
  bool inside = false;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && (text[i] == '(' || text[i] == ')')) inside = text[i] == '(';
    if (i < text.size() && (text[i] != ',' || inside)) continue;
    if (i > begin || i < text.size()) out.push_back(trimmed(text.substr(begin, i - begin)));
    begin = i + 1;
  }
  return out;
}

bool is_odd(std::string_view text) {
  return text.find_first_of(" ()!=") != std::string_view::npos;
}

}  // namespace

bool ApiSelector::Term::holds(const Node* found) const {
  const bool same =
      found != nullptr &&
      (any_value || std::find(values.begin(), values.end(), found->as_string()) != values.end());
  return same == equal;
}

std::optional<ApiSelector::Term> ApiSelector::term_of(std::string_view text) {
  Term out;
  if (text.starts_with('!')) {
    out.equal = false;
    text = trimmed(text.substr(1));
  }
  const std::size_t end = std::min(text.find_first_of(" =!"), text.size());
  out.name = text.substr(0, end);
  std::string_view rest = trimmed(text.substr(end));
  out.any_value = rest.empty();
  if (out.name.empty() || is_odd(out.name)) return std::nullopt;
  if (rest.empty()) return out;
  if (!out.equal) return std::nullopt;
  if (rest.starts_with("in") || rest.starts_with("notin")) {
    out.equal = rest.starts_with("in");
    rest = trimmed(rest.substr(rest.find("in") + 2));
    if (!rest.starts_with('(') || !rest.ends_with(')')) return std::nullopt;
    for (const std::string_view one : parts(rest.substr(1, rest.size() - 2))) {
      out.values.emplace_back(one);
    }
  } else {
    out.equal = !rest.starts_with('!');
    const std::size_t size = rest.starts_with("==") || !out.equal ? 2 : 1;
    if (!rest.substr(size - 1).starts_with('=')) return std::nullopt;
    out.values.emplace_back(trimmed(rest.substr(size)));
  }
  if (std::any_of(out.values.begin(), out.values.end(), is_odd)) return std::nullopt;
  return out;
}

std::optional<std::vector<ApiSelector::Term>> ApiSelector::terms_of(std::string_view text) {
  std::vector<Term> out;
  for (const std::string_view part : parts(text)) {
    auto term = term_of(part);
    if (!term) return std::nullopt;
    out.push_back(std::move(*term));
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
