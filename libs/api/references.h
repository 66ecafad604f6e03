// Names and placeholders of one document that must lead somewhere: shared by the checks of a local
// system within itself and of a plan against its system.
#pragma once

#include <string>
#include <vector>

#include "api/decode.h"
#include "api/local_system.h"
#include "api/node.h"

namespace api {

/// Every placeholder that a system offers, with a made-up value: ports are not chosen yet.
Substitutions placeholders_of(const LocalSystem& system);
/// Complains about every string of a tree with a placeholder that is not known.
void check_placeholders(Decoder& decoder, const Node& node, const Substitutions& known,
                        const std::string& path);
/// Complains if a name is not among the known ones; `noun` is "process".
void check_name(Decoder& decoder, const std::string& name, const std::vector<std::string>& known,
                const char* noun, Mark mark, const std::string& path);

template <class T>
std::vector<std::string> names_of_all(const std::vector<T>& parts) {
  std::vector<std::string> out;
  for (const T& part : parts) out.push_back(part.name);
  return out;
}

}  // namespace api
