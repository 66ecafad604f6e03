// The real promtool as a judge of an exposition.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <unistd.h>

#include <gtest/gtest.h>

namespace metrics {

/// What promtool says about the text; empty when it is content.
inline std::string complaint(const std::string& text) {
  const std::string file = testing::TempDir() + "muster-metrics-" + std::to_string(::getpid());
  std::ofstream(file) << text;
  const std::string command = "promtool check metrics < " + file + " > " + file + ".said 2>&1";
  const int status = std::system(command.c_str());
  std::ifstream said(file + ".said");
  std::string out((std::istreambuf_iterator<char>(said)), {});
  std::remove(file.c_str());
  std::remove((file + ".said").c_str());
  return status == 0 && out.empty() ? "" : "promtool: " + out;
}

}  // namespace metrics
