#include <charconv>
#include <cstdio>
#include <string_view>

#include <gtest/gtest.h>

#include "seed.h"

std::optional<std::uint64_t>& asked_seed() {
  static std::optional<std::uint64_t> seed;
  return seed;
}

bool& asked_rewrite() {
  static bool rewrite = false;
  return rewrite;
}

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  constexpr std::string_view kFlag = "--seed=";
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--rewrite") {
      asked_rewrite() = true;
      continue;
    }
    std::uint64_t seed = 0;
    const auto text = argument.substr(std::min(kFlag.size(), argument.size()));
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
    if (!argument.starts_with(kFlag) || error != std::errc{} || end != text.data() + text.size()) {
      std::fprintf(stderr, "usage: test_sim [gtest flags] [--seed=NUMBER] [--rewrite]\n");
      return 2;
    }
    asked_seed() = seed;
  }
  return RUN_ALL_TESTS();
}
