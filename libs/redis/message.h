// RESP, the protocol of Redis: commands as bytes, and bytes as flat answers. hiredis writes and
// reads it; its own connections are not used, because a probe must know itself which byte left, and
// nothing here may block. Arrays are refused: no answer to what is asked is one, and a server must
// not choose how much is allocated here.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct redisReader;

namespace redis {

std::string command(const std::vector<std::string>& words);

struct Answer {
  enum class Kind { Status, Error, Text, Number, Nil };
  Kind kind = Kind::Nil;
  std::string text;  // "OK", "READONLY You can't write against a read only replica.", …

  /// The first word of an error: "READONLY".
  std::string_view code() const;
};

class Reader {
 public:
  /// INFO's sections have a few KiB; an answer that goes on and on is none.
  static constexpr std::size_t kAnswerBytesMax = 64U << 10U;

  explicit Reader(std::size_t answer_bytes_max = kAnswerBytesMax);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// Takes the next bytes of the connection.
  void feed(std::string_view bytes);
  /// The next whole answer.
  std::optional<Answer> next();
  /// What came makes no sense, or is longer than any answer; nothing follows.
  bool broken() const { return broken_; }
  /// Bytes wait that are no whole answer yet.
  bool pending() const;
  /// For a new connection.
  void reset();

 private:
  struct Free {
    void operator()(redisReader* reader) const;
  };
  std::unique_ptr<redisReader, Free> reader_;
  std::size_t answer_bytes_max_;
  std::size_t unanswered_ = 0;  // bytes since the last whole answer
  bool broken_ = false;
};

/// The value of a line "name:value" of an answer to INFO; empty where there is none.
std::string info_line(std::string_view info, std::string_view name);

}  // namespace redis
