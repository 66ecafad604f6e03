#include "api/crd_guide.h"

#include <fmt/format.h>

#include "api/crd.h"
#include "api/crd_rules.h"
#include "api/field_text.h"
#include "api/status_tables.h"

namespace api {
namespace {

constexpr const char* kIntroduction =
    R"(# Custom resources

The kinds that the operator knows, in the group `muster.dev`, version `v1alpha1`, all namespaced. This page is made from the
tables that also make the CustomResourceDefinitions in `helm/files/crds`; `make crds` writes both, and a test holds them together.

The fields are those of the files that `muster drill run` and `muster schedule` read ([plans](plans.md), [scheduling](scheduling.md)),
except: a plan's target is in the cluster (`target.kubernetes`; a plan with `target.local` is refused), a schedule names a RecoveryPlan
instead of a file, a list holds at most 64 items, a map 64 entries, a text 16,384 characters where no other bound is given. Names of
objects are RFC 1123 labels of at most 63 characters.

What is wrong is refused by the API server when it is applied: unknown fields (by `kubectl apply`, which asks for strict validation),
types, ranges, words, patterns, and the rules listed with each kind. [What is left to the operator](#what-is-left-to-the-operator) is
told in the condition `Ready` of plans and schedules, in `Accepted` of drills and in `Valid` of sidecar profiles.

A [SidecarProfile](sidecar.md) is the file of `muster-sidecar --config` as an object. Its defaults are not written into what is stored: the
sidecar that reads it has them.

```sh
kubectl get muster                       # all four kinds
kubectl wait --for=condition=Succeeded drill/NAME --timeout=1h
kubectl patch drill NAME --type=merge -p '{"spec": {"abort": true}}'
```
)";

/// A cell of a table: a bar would end it.
std::string cell(std::string text) {
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) {
    text.insert(at, "\\");
  }
  return text;
}

std::string allowed(const FieldSpec& field) {
  if (is_time(field)) return "a time in RFC 3339";
  switch (field.type) {
    case FieldType::Object: return "a map";
    case FieldType::Objects:
      return field.minimum > 0
                 ? fmt::format("a list of {} to {} maps", field.minimum, field.maximum)
                 : fmt::format("a list of up to {} maps", field.maximum);
    case FieldType::Name: return "a name";
    case FieldType::Condition: return "[a condition](#kinds-of-condition)";
    case FieldType::Conditions: return "a list of [conditions](#kinds-of-condition)";
    default: return cell(describe(field));
  }
}

std::string otherwise(const FieldSpec& field) {
  if (field.required) return "required";
  const bool shown = field.otherwise && field.type != FieldType::Object;
  return shown ? fmt::format("`{}`", show(*field.otherwise)) : "none";
}

std::string table_of(const std::vector<FieldSpec>& fields) {
  std::string out = "| field | allowed | default | meaning |\n| --- | --- | --- | --- |\n";
  for (const FieldSpec& field : fields) {
    out += fmt::format("| `{}` | {} | {} | {} |\n", field.name, allowed(field), otherwise(field),
                       cell(field.doc));
  }
  return out;
}

std::string groups_of(const std::vector<std::vector<std::string>>& groups) {
  std::string out;
  for (const auto& group : groups) out += fmt::format("\nExactly one of {}.\n", join(group));
  return out;
}

bool is_list(const FieldSpec& field) {
  return field.type == FieldType::Objects || field.type == FieldType::NamedMap;
}

/// A section for the field and, after it, one for each field below it that has fields.
void describe_fields(std::string& out, const FieldSpec& field, const std::string& path) {
  if (!field.fields.empty() || field.action) {
    out += fmt::format("\n#### `{}`\n\n{}\n\n", path, field.doc);
    if (!field.fields.empty()) out += table_of(field.fields);
    out += groups_of(field.exactly_one_of);
    if (field.action) {
      out += fmt::format("\nExactly one [kind of {0}](#kinds-of-{0}){1}.\n", noun(*field.action),
                         field.fields.empty() ? "" : " beside these fields");
    }
  }
  for (const FieldSpec& inner : field.fields) {
    describe_fields(out, inner,
                    fmt::format("{}.{}{}", path, inner.name, is_list(inner) ? "[]" : ""));
  }
}

void describe_rules(std::string& out, const std::vector<CrdRule>& rules) {
  out += "\n### Rules between fields\n\n| where | refused with |\n| --- | --- |\n";
  for (const CrdRule& rule : rules) {
    out += fmt::format("| `{}{}` | {} |\n", rule.path, rule.field_path, cell(rule.message));
  }
}

void describe_columns(std::string& out, const std::vector<CrdColumn>& columns) {
  out += "\n### Columns of `kubectl get`\n\n| column | from | meaning |\n| --- | --- | --- |\n";
  for (const CrdColumn& column : columns) {
    out += fmt::format("| {}{} | `{}` | {} |\n", column.name,
                       column.priority > 0 ? " (`-o wide`)" : "", column.path, column.doc);
  }
}

void describe_kind(std::string& out, const CrdKind& kind) {
  out += fmt::format("\n## {}\n\n{} `kubectl get {}`", kind.kind, kind.doc, kind.plural);
  for (const std::string& name : kind.short_names) out += fmt::format(", `kubectl get {}`", name);
  out += ".\n\n### Fields\n";
  for (const FieldSpec& field : kind.table->fields) {
    if (field.name == "spec") describe_fields(out, field, "spec");
  }
  describe_rules(out, kind.rules);
  out += "\n### Status\n\nWritten by the operator; the subresource `status` alone changes it.\n";
  describe_fields(out, *kind.status, "status");
  describe_columns(out, kind.columns);
}

void describe_actions(std::string& out, const ActionCatalog& catalog, Use use) {
  out += fmt::format("\n## Kinds of {}\n", noun(use));
  for (const ActionKind& kind : catalog.kinds()) {
    if (!kind.usable_as(use)) continue;
    out += fmt::format("\n### {}: `{}`\n\n{}\n\n", noun(use), kind.name, kind.doc);
    if (takes_condition(kind)) {
      out += "Its value is [a condition](#kinds-of-condition).\n";
      continue;
    }
    out += table_of(kind.fields) + groups_of(kind.exactly_one_of);
    for (const FieldSpec& field : kind.fields) {
      describe_fields(out, field,
                      fmt::format("{}.{}{}", kind.name, field.name, is_list(field) ? "[]" : ""));
    }
  }
}

}  // namespace

std::string crd_guide(const ActionCatalog& catalog) {
  std::string out = kIntroduction;
  for (const CrdKind& kind : crd_kinds()) describe_kind(out, kind);
  for (const Use use : {Use::Probe, Use::Fault, Use::Step, Use::Condition}) {
    describe_actions(out, catalog, use);
  }
  out +=
      "\n## What is left to the operator\n\nRules that would cost an API server too much, or that "
      "need other objects:\n\n";
  for (const std::string& rule : left_to_operator()) out += fmt::format("- {}\n", rule);
  return out;
}

}  // namespace api
