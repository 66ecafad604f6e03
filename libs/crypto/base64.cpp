#include "crypto/base64.h"

#include <algorithm>

#include <openssl/evp.h>

#include "base/check.h"

namespace crypto {

std::string_view base64_encode(std::span<const unsigned char> bytes, std::span<char> out) {
  CHECK(out.size() > 4 * ((bytes.size() + 2) / 3));  // OpenSSL ends it with a zero
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes.data(),
                                   static_cast<int>(bytes.size()));
  return {out.data(), static_cast<std::size_t>(size)};
}

std::string base64_encode(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const std::span all(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  out.resize(base64_encode(all, out).size());
  return out;
}

base::Result<std::string> base64_decode(std::string_view text) {
  while (!text.empty() && std::string_view(" \t\r\n").find(text.back()) != text.npos) {
    text.remove_suffix(1);
  }
  const auto wrong = [] { return base::fail(base::Code::InvalidArgument, "no base64"); };
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const auto letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
  };
  if (text.size() % 4 != 0) return wrong();
  if (!std::all_of(text.begin(), text.end() - static_cast<std::ptrdiff_t>(padding), letter)) {
    return wrong();
  }
  std::string out(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return wrong();
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

}  // namespace crypto
