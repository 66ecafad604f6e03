#include "cli/object_columns.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "cli/cluster_table.h"
#include "report/columns.h"

namespace cli {
namespace {

using api::Node;

/// "{.a}", "{a}", ".a" or "a" as "{.a}"; empty: none of these.
std::string whole_path(std::string text) {
  if (text.size() >= 2 && text.front() == '{' && text.back() == '}') {
    text = text.substr(1, text.size() - 2);
  }
  if (text.starts_with('.')) text.erase(0, 1);
  if (text.empty() || text.find_first_of("{}") != std::string::npos) return "";
  return "{." + text + "}";
}

/// A value as Go prints it, which is what people see there: map[a:1 b:2], [1 2].
std::string in_go(const Node& node) {
  if (node.is_null()) return "<nil>";
  if (node.is_string()) return node.as_string();
  std::string out;
  const auto add = [&](const std::string& text) { out += (out.empty() ? "" : " ") + text; };
  if (node.is_sequence()) {
    for (const Node& item : node.items()) add(in_go(item));
    return "[" + out + "]";
  }
  if (!node.is_map()) return api::to_json(node);
  Node::Map entries = node.entries();
  std::sort(entries.begin(), entries.end(),
            [](const api::Entry& a, const api::Entry& b) { return a.key < b.key; });
  for (const api::Entry& entry : entries) add(entry.key + ":" + in_go(entry.value));
  return "map[" + out + "]";
}

base::Result<std::string> cell(const ObjectColumn& column, const Node& object) {
  auto found = column.path.find(object);
  if (!found) return tl::unexpected(found.error().with("column " + column.title));
  std::string out;
  for (std::size_t i = 0; i < found->size(); ++i) {
    out += (i == 0 ? "" : ",") + report::one_line(in_go(*(*found)[i]));
  }
  return found->empty() ? "<none>" : out;
}

}  // namespace

base::Result<std::vector<ObjectColumn>> parse_columns(const std::string& text) {
  const auto wrong = [](const std::string& part, const std::string& why) {
    return base::fail(base::Code::InvalidArgument, fmt::format("column '{}': {}", part, why));
  };
  std::vector<ObjectColumn> out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string part = text.substr(at, end - at);
    at = end + 1;
    const std::size_t colon = part.find(':');
    const std::string path = colon == std::string::npos ? "" : whole_path(part.substr(colon + 1));
    if (path.empty()) return wrong(part, "TITLE:PATH is needed, as in NAME:.metadata.name");
    auto parsed = api::PathTemplate::parse(path);
    if (!parsed) return wrong(part, fmt::format("{}: {}", path, parsed.error().message));
    out.push_back({part.substr(0, colon), std::move(*parsed)});
  }
  return out;
}

base::Result<std::string> column_table(const std::vector<ObjectColumn>& columns,
                                       const std::vector<Node>& objects, bool titles) {
  std::vector<std::vector<std::string>> rows;
  if (titles) {
    rows.emplace_back();
    for (const ObjectColumn& column : columns) rows.back().push_back(column.title);
  }
  for (const Node& object : objects) {
    std::vector<std::string> row;
    for (const ObjectColumn& column : columns) {
      TRY(std::string text, cell(column, object));
      row.push_back(std::move(text));
    }
    rows.push_back(std::move(row));
  }
  return aligned(rows);
}

}  // namespace cli
