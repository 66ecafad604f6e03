#include "cli/cluster_table.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/check.h"
#include "cli/cluster_link.h"
#include "kube/resource.h"
#include "report/columns.h"

namespace cli {
namespace {

using api::Node;

const api::CrdKind& kind_named(const std::string& kind) {
  const auto& all = api::crd_kinds();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const api::CrdKind& one) { return one.kind == kind; });
  CHECK(found != all.end());
  return *found;
}

/// ".status.rto.display"
const Node& at_path(const Node& object, const std::string& path) {
  const Node* at = &object;
  for (std::size_t begin = 1; begin < path.size();) {
    const std::size_t end = std::min(path.find('.', begin), path.size());
    at = &(*at)[path.substr(begin, end - begin)];
    begin = end + 1;
  }
  return *at;
}

std::string cell(const Node& value, const std::string& type, base::WallTime now) {
  if (value.is_null()) return "";
  if (type == "date") {
    const auto time = kube::parse_time(value.as_string());
    return time ? age_text(now - *time) : "<invalid>";
  }
  if (value.is_string()) return report::one_line(value.as_string());
  return api::to_json(value);
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string labelled(const char* label, const std::string& text) {
  return fmt::format("  {:<15} {}\n", label, report::one_line(text));
}

}  // namespace

std::string aligned(const std::vector<std::vector<std::string>>& rows) {
  if (rows.empty()) return "";
  constexpr int kApart = 3, kNarrowest = 6;  // as kubectl's
  std::vector<int> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], report::width_of(row[i]));
    }
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const int pad = std::max(widths[i] + kApart, kNarrowest) - report::width_of(row[i]);
      line += row[i] + std::string(static_cast<std::size_t>(pad), ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string object_table(const std::string& kind, const std::vector<Node>& objects,
                         const ObjectTable& how) {
  if (objects.empty()) return "";
  std::vector<std::vector<std::string>> rows(1);  // the titles
  if (how.namespaces) rows[0].emplace_back("NAMESPACE");
  rows[0].emplace_back("NAME");
  const api::CrdKind& known = kind_named(kind);
  const auto shown = [&](const api::CrdColumn& column) { return column.priority == 0 || how.wide; };
  for (const api::CrdColumn& column : known.columns) {
    if (shown(column)) rows[0].push_back(upper(column.name));
  }
  for (const Node& object : objects) {
    std::vector<std::string> row;
    const Node& meta = object["metadata"];
    if (how.namespaces) row.push_back(report::one_line(meta["namespace"].as_string()));
    row.push_back(report::one_line(meta["name"].as_string()));
    for (const api::CrdColumn& column : known.columns) {
      if (shown(column)) row.push_back(cell(at_path(object, column.path), column.type, how.now));
    }
    rows.push_back(std::move(row));
  }
  if (!how.titles) rows.erase(rows.begin());
  return aligned(rows);
}

Node whole_of(const std::vector<Node>& objects, bool one) {
  if (one && objects.size() == 1) return objects.front();
  return Node::map()
      .set("apiVersion", "v1")
      .set("kind", "List")
      .set("metadata", Node::map().set("resourceVersion", ""))
      .set("items", Node::sequence(objects));
}

std::string objects_as(ObjectForm form, const std::vector<Node>& objects, bool one) {
  if (form == ObjectForm::Name) {
    std::string out;
    for (const Node& object : objects) out += name_of(object) + "\n";
    return out;
  }
  Node whole = whole_of(objects, one);
  // What kubectl leaves out as well: most of an object, and nobody reads it.
  const auto bare = [](Node& object) {
    if (Node* meta = object.find("metadata")) meta->erase("managedFields");
  };
  bare(whole);
  if (Node* items = whole.find("items"); items != nullptr && !one) {
    for (Node& item : items->items()) bare(item);
  }
  return form == ObjectForm::Json ? api::to_json(whole, 4) + "\n" : api::to_yaml(whole);
}

std::string age_text(base::Duration age) {
  using std::chrono::duration_cast;
  const auto seconds = std::max<std::int64_t>(duration_cast<std::chrono::seconds>(age).count(), 0);
  if (seconds < 120) return fmt::format("{}s", seconds);
  if (seconds < 120 * 60) return fmt::format("{}m", seconds / 60);
  if (seconds < 48 * 3600) return fmt::format("{}h", seconds / 3600);
  return fmt::format("{}d", seconds / 86400);
}

std::string drill_details(const Node& drill) {
  const Node& status = drill["status"];
  std::string out;
  for (const Node& one : status["conditions"].items()) {
    out += labelled(one["type"].as_string().c_str(),
                    fmt::format("{} ({}): {}", one["status"].as_string(), one["reason"].as_string(),
                                one["message"].as_string()));
  }
  const std::pair<const char*, const char*> lists[] = {
      {"violations", "violation"}, {"recommendations", "recommendation"}, {"problems", "problem"}};
  for (const auto& [field, label] : lists) {
    for (const Node& text : status[field].items()) out += labelled(label, text.as_string());
  }
  if (const Node& evidence = status["evidence"]; !evidence["kind"].as_string().empty()) {
    out += labelled("evidence",
                    fmt::format("{}/{} {}", evidence["kind"].as_string(),
                                evidence["name"].as_string(), evidence["path"].as_string()));
  }
  return out;
}

}  // namespace cli
