// Writes what is made from the tables of the custom resources: the CustomResourceDefinitions below
// helm/files/crds and their reference, docs/crds.md. With --check it writes nothing and tells which
// of the files are not what the tables say.
//   muster_crds [--check] CHECKOUT
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "aio/file.h"
#include "api/crd.h"
#include "api/crd_guide.h"
#include "cluster/kinds.h"
#include "probes/probe_kind.h"

namespace {

constexpr const char* kHeading =
    "# Made by `make crds` from the tables of libs/api: change those, not this file.\n";

struct Output {
  std::string path, text;
};

/// Every kind that a target in a cluster knows.
api::ActionCatalog action_catalog() {
  api::ActionCatalog out;
  cluster::cluster_catalog().describe(out);
  for (const auto& kind : probes::probe_kinds()) out.add(kind->kind());
  return out;
}

std::vector<Output> outputs() {
  const api::ActionCatalog kinds = action_catalog();
  std::vector<Output> out;
  for (const api::CrdKind& kind : api::crd_kinds()) {
    out.push_back({fmt::format("helm/files/crds/{}.yaml", kind.plural),
                   kHeading + api::to_yaml(api::crd(kind, kinds))});
  }
  out.push_back({"docs/crds.md", api::crd_guide(kinds)});
  return out;
}

int check(const std::string& root) {
  int wrong = 0;
  for (const Output& output : outputs()) {
    const auto found = aio::read_file(root + "/" + output.path);
    if (found && *found == output.text) continue;
    fmt::print(stderr, "{} is not what the tables say: make crds\n", output.path);
    ++wrong;
  }
  return wrong == 0 ? 0 : 1;
}

int write(const std::string& root) {
  for (const Output& output : outputs()) {
    const std::string path = root + "/" + output.path;
    const auto made = aio::make_dirs(path.substr(0, path.rfind('/')));
    const auto done = made ? aio::write_file_atomic(path, output.text) : made;
    if (!done) {
      fmt::print(stderr, "{}: {}\n", path, done.error().message);
      return 1;
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 2 && arguments[0] == "--check") return check(arguments[1]);
  if (arguments.size() == 1 && !arguments[0].starts_with("-")) return write(arguments[0]);
  fmt::print(stderr, "usage: muster_crds [--check] CHECKOUT\n");
  return 2;
}
