// What -o says: in which form objects of the cluster are printed. An expression in it is parsed
// when the line is, so that nothing is asked, and nothing made, for a form that cannot be. Pure.
#pragma once

#include <string>
#include <vector>

#include "api/node.h"
#include "base/result.h"
#include "cli/cluster_options.h"

namespace cli {

/// The words of -o, for help and completion; those that end with '=' go on.
const std::vector<std::string>& shape_words();

/// Errors: InvalidArgument: a word that is none of them, an expression that is wrong and where.
base::Result<ObjectShape> shape_of(const std::string& word);

inline bool is_table(const ObjectShape& shape) {
  return shape.form == ObjectForm::Table || shape.form == ObjectForm::Wide;
}

/// Objects in any form but the tables; `one`: an object by itself, not a list of one.
/// Errors: as api::PathTemplate::print(), naming the expression.
base::Result<std::string> object_text(const ObjectShape& shape,
                                      const std::vector<api::Node>& objects, bool one);

}  // namespace cli
