// Whatever is done to a file is found, and the first record it was done to is named.
#include <algorithm>

#include <gtest/gtest.h>

#include "bundle/container.h"
#include "sample_bundle.h"

namespace bundle {
namespace {

/// A small file: every byte has a fair chance.
const std::string& original() {
  static const std::string bytes =
      sample_bytes(sample_evidence(3, {.operations = 120, .streams = 5}));
  return bytes;
}

/// Of the record that holds this byte; the seal is the one behind the last.
std::uint32_t index_of(const Container& file, std::size_t byte) {
  if (byte < 48) return 0;
  for (const Container::Record& record : file.records()) {
    if (byte < record.end) return record.index;
  }
  return static_cast<std::uint32_t>(file.records().size() + 1);
}

Container opened(const std::string& bytes) {
  auto file = Container::open(bytes);
  EXPECT_TRUE(file.has_value()) << file.error().message;
  return std::move(*file);
}

/// The records of a file as pieces that can be put together anew.
std::vector<std::string> pieces() {
  std::vector<std::string> out = {original().substr(0, 48)};
  const Container file = opened(original());
  for (const Container::Record& record : file.records()) {
    out.push_back(original().substr(record.begin, record.end - record.begin));
  }
  out.push_back(original().substr(file.records().back().end));
  return out;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += part;
  return out;
}

TEST(Tamper, OneChangedByteIsAlwaysFoundAndItsRecordNamed) {
  const Container file = opened(original());
  base::Random random(1);
  for (int attempt = 0; attempt < 10'000; ++attempt) {
    const std::size_t at = random.below(original().size());
    const auto bit = static_cast<unsigned char>(1 + random.below(255));
    std::string changed = original();
    changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ bit);
    const auto result = Container::open(std::move(changed));
    ASSERT_FALSE(result.has_value()) << "byte " << at << " xor " << int{bit};
    ASSERT_EQ(result.error().index, index_of(file, at))
        << "byte " << at << ": " << result.error().message;
  }
}

TEST(Tamper, AFileCutShortAnywhereIsFound) {
  for (std::size_t size = 0; size < original().size(); size += size < 400 ? 1 : 37) {
    const auto result = Container::open(original().substr(0, size));
    ASSERT_FALSE(result.has_value()) << size;
    EXPECT_EQ(result.error().fault, size < 8 ? Fault::NoBundle : Fault::CutShort) << size;
  }
}

TEST(Tamper, BytesBehindTheSealAreFound) {
  EXPECT_EQ(Container::open(original() + '\0').error().fault, Fault::Extended);
  EXPECT_EQ(Container::open(original() + original()).error().fault, Fault::Extended);
}

TEST(Tamper, RecordsThatAreSwappedDroppedOrDoubledAreFound) {
  const std::vector<std::string> whole = pieces();
  for (std::size_t i = 1; i + 1 < whole.size(); ++i) {
    std::vector<std::string> parts = whole;
    if (i + 2 < whole.size()) {
      std::swap(parts[i], parts[i + 1]);
      EXPECT_EQ(Container::open(joined(parts)).error().index, i) << "swapped";
      parts = whole;
    }
    parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(i), whole[i]);
    EXPECT_EQ(Container::open(joined(parts)).error().index, i + 1) << "doubled";
    parts = whole;
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_EQ(Container::open(joined(parts)).error().index, i) << "dropped";
  }
}

/// The same records with one byte of one content changed, chained anew, under the old seal.
std::string chained_anew(std::size_t record, const std::string& seal_piece) {
  const Container file = opened(original());
  ContainerWriter writer;
  for (std::size_t i = 0; i < file.records().size(); ++i) {
    std::string content = *file.content(file.records()[i]);
    if (i == record) content.front() = static_cast<char>(content.front() ^ 1);
    writer.add(file.records()[i].name, content);
  }
  // Seal with another key, then put the old seal's text in its place, with a digest that fits.
  const std::string sealed = writer.seal(crypto::SigningKey::generate());
  const Container other = opened(sealed);
  const std::size_t end = other.records().back().end;
  const std::string body = seal_piece.substr(0, seal_piece.size() - 32);
  const auto digest = crypto::sha256({std::string_view(sealed).substr(end - 32, 32), body});
  return sealed.substr(0, end) + body +
         std::string(reinterpret_cast<const char*>(digest.data()), digest.size());
}

TEST(Tamper, WhoeverChainsAnewIsStoppedByTheSignature) {
  const std::string seal = pieces().back();
  for (const std::size_t record : {0U, 3U, 7U}) {
    const auto result = Container::open(chained_anew(record, seal));
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().fault, Fault::BadSignature) << result.error().message;
  }
}

TEST(Tamper, TwoRecordsOfOneNameAreRefusedWhoeverSigned) {
  ContainerWriter writer;
  writer.add("report.json", "{}");
  writer.add("about.json", "{}");
  writer.add("report.json", R"({"rpoRecords": 5})");
  const auto result = Container::open(writer.seal(crypto::SigningKey::generate()));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().fault, Fault::Malformed);
  EXPECT_EQ(result.error().message, "record 3 has the name of another one, 'report.json'");
}

TEST(Tamper, AVersionThatIsNotKnownIsNoChange) {
  std::string bytes = original();
  bytes[8] = 2;
  EXPECT_EQ(Container::open(bytes).error().fault, Fault::Changed) << "without its digest";
  const crypto::Digest digest = crypto::sha256(std::string_view(bytes).substr(0, 16));
  std::copy(digest.begin(), digest.end(), bytes.begin() + 16);
  const auto result = Container::open(bytes);
  EXPECT_EQ(result.error().fault, Fault::UnknownVersion);
  EXPECT_NE(result.error().message.find("version 2"), std::string::npos);
}

TEST(Tamper, AnotherFileIsNoBundle) {
  EXPECT_EQ(Container::open("").error().fault, Fault::NoBundle);
  EXPECT_EQ(Container::open(std::string(1000, 'x')).error().fault, Fault::NoBundle);
}

/// A signed file whose records cannot be read is the signer's doing: found, and named too.
TEST(Tamper, WhatTheSignerVouchesForAndNobodyCanReadIsNamed) {
  const Container file = opened(original());
  for (std::size_t victim = 0; victim < file.records().size(); ++victim) {
    const std::string& name = file.records()[victim].name;
    if (name.ends_with(".yaml") || name == "plan.json" || name == "system.json" ||
        name == "report.json") {
      continue;
    }
    ContainerWriter writer;
    for (std::size_t i = 0; i < file.records().size(); ++i) {
      std::string content = *file.content(file.records()[i]);
      if (i == victim) content.resize(content.size() / 2);
      writer.add(file.records()[i].name, content);
    }
    const auto result = read(writer.seal(test_key()));
    ASSERT_FALSE(result.has_value()) << name;
    EXPECT_EQ(result.error().fault, Fault::Malformed) << name;
    EXPECT_EQ(result.error().record, name);
  }
}

}  // namespace
}  // namespace bundle
