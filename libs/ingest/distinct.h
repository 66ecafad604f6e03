// How many different things there were, in one kilobyte whatever is sent: HyperLogLog with 1,024
// registers, whose standard error is 1.04 / sqrt(1,024) = 3.25 %; small numbers (up to about 2,500)
// are counted by the registers that are still empty, within about 2 %. A set of the things
// themselves was refused: its memory is the sender's to choose. Source: Flajolet, Fusy, Gandouet,
// Meunier 2007.
#pragma once

#include <array>
#include <cstdint>

namespace ingest {

class Distinct {
 public:
  /// Takes in one thing by 64 well mixed bits of it.
  void add(std::uint64_t hash);
  /// About how many different there were.
  double estimate() const;
  void clear() { registers_.fill(0); }

 private:
  static constexpr int kIndexBits = 10;
  static constexpr std::size_t kRegisters = std::size_t{1} << kIndexBits;
  std::array<std::uint8_t, kRegisters> registers_{};
};

}  // namespace ingest
