// `test_sim --seed=n` replays one drill and prints it (`make sim SEED=n`); `--rewrite` writes the
// transcripts of tests/transcripts anew.
#pragma once

#include <cstdint>
#include <optional>

/// The seed of the command line, if one was given.
std::optional<std::uint64_t>& asked_seed();
/// Whether the transcripts shall be written instead of compared.
bool& asked_rewrite();
