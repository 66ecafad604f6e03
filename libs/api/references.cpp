#include "api/references.h"

#include <algorithm>

#include <fmt/format.h>

#include "api/field_text.h"

namespace api {

Substitutions placeholders_of(const LocalSystem& system) {
  Substitutions out{{"dir", "/dir"}, {"home", "/home"}};
  for (const std::string& port : system.ports) out["port." + port] = "1";
  for (const SystemParameter& parameter : system.parameters) out["param." + parameter.name] = "1";
  for (const InstanceSpec& instance : system.instances) out["address." + instance.name] = "h:1";
  for (const ServiceSpec& service : system.services) out["address." + service.name] = "h:1";
  return out;
}

void check_placeholders(Decoder& decoder, const Node& node, const Substitutions& known,
                        const std::string& path) {
  if (node.is_string()) {
    const auto text = substitute(node.as_string(), known);
    if (!text) decoder.complain(node.mark, path, text.error().message);
  }
  for (const Entry& entry : node.entries()) {
    check_placeholders(decoder, entry.value, known, path + "." + entry.key);
  }
  for (std::size_t i = 0; i < node.items().size(); ++i) {
    check_placeholders(decoder, node.items()[i], known, item_path(path, node.items()[i], i));
  }
}

void check_name(Decoder& decoder, const std::string& name, const std::vector<std::string>& known,
                const char* noun, Mark mark, const std::string& path) {
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  decoder.complain(mark, path,
                   fmt::format("there is no {} \"{}\".{} There are: {}", noun, name,
                               suggest(name, known), join(known)));
}

}  // namespace api
