// Files and texts as documents, for the tests of this folder.
#pragma once

#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "api/yaml.h"

namespace api {

inline std::string read_file(const std::string& path) {
  std::ifstream in(path);
  EXPECT_TRUE(in) << path;
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

inline std::string source_path(const std::string& path) {
  return std::string(MUSTER_SOURCE_DIR "/") + path;
}

inline Node document_of(const std::string& text) {
  auto documents = parse_yaml(text, "p.yaml");
  EXPECT_TRUE(documents) << format(documents.error());
  EXPECT_TRUE(documents && documents->size() == 1);
  return documents && documents->size() == 1 ? documents->front() : Node();
}

/// The text with the first occurrence of `from` replaced; fails the test where there is none.
inline std::string with(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

}  // namespace api
