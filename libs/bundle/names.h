// Words of the format for enumerators that have none in drill, and from words back to enumerators.
#pragma once

#include <optional>
#include <string_view>

#include "drill/evidence.h"

namespace bundle {

inline const char* name(drill::FinalRead::Which which) {
  switch (which) {
    case drill::FinalRead::Which::Survivor: return "Survivor";
    case drill::FinalRead::Which::OldPrimary: return "OldPrimary";
    case drill::FinalRead::Which::Rejoined: return "Rejoined";
  }
  return "?";
}

inline const char* name(drill::ReferenceOutage::Kind kind) {
  switch (kind) {
    case drill::ReferenceOutage::Kind::Refuse: return "Refuse";
    case drill::ReferenceOutage::Kind::Hang: return "Hang";
  }
  return "?";
}

/// The enumerator of this name; nothing: there is none.
template <class E>
std::optional<E> named(std::string_view word) {
  for (std::uint8_t i = 0;; ++i) {
    const std::string_view known = name(static_cast<E>(i));
    if (known == "?") return std::nullopt;
    if (known == word) return static_cast<E>(i);
  }
}

}  // namespace bundle
