#include "cli/object_shape.h"

#include <fmt/format.h>

#include "api/json_path.h"
#include "cli/cluster_table.h"
#include "cli/object_columns.h"

namespace cli {
namespace {

struct Word {
  const char* word;
  ObjectForm form;
};
constexpr Word kWords[] = {{"wide", ObjectForm::Wide},
                           {"json", ObjectForm::Json},
                           {"yaml", ObjectForm::Yaml},
                           {"name", ObjectForm::Name},
                           {"jsonpath=", ObjectForm::JsonPath},
                           {"jsonpath-as-json=", ObjectForm::JsonPathAsJson},
                           {"custom-columns=", ObjectForm::CustomColumns}};

base::Result<> judge(const ObjectShape& shape) {
  if (shape.expression.empty()) {
    return base::fail(base::Code::InvalidArgument, "nothing stands after the '='");
  }
  if (shape.form == ObjectForm::CustomColumns) {
    TRY(parse_columns(shape.expression));
    return {};
  }
  const auto parsed = api::PathTemplate::parse(shape.expression);
  if (!parsed) return tl::unexpected(parsed.error().with(shape.expression));
  return {};
}

}  // namespace

const std::vector<std::string>& shape_words() {
  static const std::vector<std::string> kAll = [] {
    std::vector<std::string> out;
    for (const Word& one : kWords) out.emplace_back(one.word);
    return out;
  }();
  return kAll;
}

base::Result<ObjectShape> shape_of(const std::string& word) {
  for (const Word& one : kWords) {
    const std::string known = one.word;
    if (!known.ends_with('=')) {
      if (word == known) return ObjectShape{one.form, {}, false};
      continue;
    }
    if (word != known.substr(0, known.size() - 1) && !word.starts_with(known)) continue;
    ObjectShape out{one.form, word.size() > known.size() ? word.substr(known.size()) : "", false};
    const auto judged = judge(out);
    if (!judged) {
      return tl::unexpected(judged.error().with(known.substr(0, known.size() - 1)));
    }
    return out;
  }
  return base::fail(base::Code::InvalidArgument,
                    fmt::format("'{}' is not allowed: wide, json, yaml, name, jsonpath=TEMPLATE, "
                                "jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, "
                                "custom-columns=TITLE:PATH,… or custom-columns-file=FILE",
                                word));
}

base::Result<std::string> object_text(const ObjectShape& shape,
                                      const std::vector<api::Node>& objects, bool one) {
  if (shape.form == ObjectForm::CustomColumns) {
    TRY(const auto columns, parse_columns(shape.expression));
    return column_table(columns, objects, !shape.no_headers);
  }
  if (shape.form != ObjectForm::JsonPath && shape.form != ObjectForm::JsonPathAsJson) {
    return objects_as(shape.form, objects, one);
  }
  TRY(const api::PathTemplate path, api::PathTemplate::parse(shape.expression));
  const api::Node whole = whole_of(objects, one);
  auto text = shape.form == ObjectForm::JsonPath ? path.print(whole) : path.print_json(whole);
  if (!text) return tl::unexpected(text.error().with("jsonpath " + shape.expression));
  return text;
}

}  // namespace cli
