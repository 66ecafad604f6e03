// Objects of tests that are about what is in them.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "api/yaml.h"

namespace op {

/// The first document.
inline api::Node yaml(const std::string& text) {
  const auto documents = api::parse_yaml(text, "test");
  EXPECT_TRUE(documents.has_value()) << text;
  return documents ? documents->front() : api::Node();
}

}  // namespace op
