// The custom resources as CustomResourceDefinitions (apiextensions.k8s.io/v1), made from the tables
// that also validate files: structural schemas with descriptions, defaults and ranges, and CEL
// rules for what fields must be to each other. `helm/files/crds` holds what comes out; `make crds`
// writes it.
//
// An API server refuses a CRD whose rules might cost too much, and reckons with the longest list
// and text that the schema lets through. So every list, map and text has a greatest length, and
// rules over pairs of items stand only where both lists are short. A kind of condition that holds
// conditions is written out to a depth of kConditionDepth, because a structural schema has no
// references.
#pragma once

#include <string>
#include <vector>

#include "api/action.h"
#include "api/node.h"

namespace api {

inline constexpr int kConditionDepth = 3;

/// A rule between fields, in CEL; `self` is the value at `path`.
struct CrdRule {
  std::string path;  // "spec.load.mix"; "spec.load.mix[]" for each item
  std::string rule;
  std::string message;
  std::string message_expression = {};  // CEL, says it with the values; `message` where it fails
  std::string field_path = {};          // ".deadlineSeconds": which field is to blame
};

/// Keywords of the schema at a path that no table has.
struct CrdExtra {
  std::string path;
  Node keywords;
};

/// A column of `kubectl get`.
struct CrdColumn {
  std::string name, type, path, doc;
  int priority = 0;  // 1: with -o wide only
};

struct CrdKind {
  std::string kind, plural, singular;
  std::vector<std::string> short_names;
  std::string doc;
  const FieldSpec* table = nullptr;  // of the document
  const FieldSpec* status = nullptr;
  std::vector<CrdRule> rules;
  std::vector<CrdExtra> extras;
  std::vector<CrdColumn> columns;
  /// False: what is not written stays so in the stored object, and descriptions tell the defaults.
  bool fills_defaults = true;
};

/// RecoveryPlan, DrillSchedule, Drill, SidecarProfile.
const std::vector<CrdKind>& crd_kinds();
/// The whole document. CHECKs that every rule and extra has its place in the tables.
Node crd(const CrdKind& kind, const ActionCatalog& catalog);
/// What the schema says of one field, without its description and default.
Node crd_schema(const FieldSpec& field, const ActionCatalog& catalog);

}  // namespace api
