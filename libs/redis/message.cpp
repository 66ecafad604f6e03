#include "redis/message.h"

#include <algorithm>
#include <hiredis/hiredis.h>

#include "base/check.h"

namespace redis {

namespace {
Answer::Kind kind_of(int type) {
  switch (type) {
    case REDIS_REPLY_STATUS: return Answer::Kind::Status;
    case REDIS_REPLY_ERROR: return Answer::Kind::Error;
    case REDIS_REPLY_INTEGER: return Answer::Kind::Number;
    case REDIS_REPLY_STRING: return Answer::Kind::Text;
    default: return Answer::Kind::Nil;
  }
}

// hiredis owns what these return until it hands it over, and frees it with `release`.
void* text(const redisReadTask* task, char* bytes, std::size_t size) {
  return new Answer{kind_of(task->type), std::string(bytes, size)};
}
void* array(const redisReadTask*, int) {
  return nullptr;  // ends the reading
}
void* number(const redisReadTask*, long long value) {  // NOLINT(google-runtime-int)
  return new Answer{Answer::Kind::Number, std::to_string(value)};
}
void* nil(const redisReadTask*) {
  return new Answer{};
}
void release(void* answer) {
  delete static_cast<Answer*>(answer);
}
const redisReplyObjectFunctions kFunctions = {text, array, number, nil, release};
}  // namespace

std::string command(const std::vector<std::string>& words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string& word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* made = nullptr;
  const int size =
      redisFormatCommandArgv(&made, static_cast<int>(words.size()), texts.data(), sizes.data());
  CHECK(size > 0);
  std::string out(made, static_cast<std::size_t>(size));
  redisFreeCommand(made);
  return out;
}

std::string_view Answer::code() const {
  return std::string_view(text).substr(0, text.find(' '));
}

void Reader::Free::operator()(redisReader* reader) const {
  redisReaderFree(reader);
}

Reader::Reader(std::size_t answer_bytes_max) : answer_bytes_max_(answer_bytes_max) {
  reset();
}
Reader::~Reader() = default;

void Reader::reset() {
  reader_.reset(
      // hiredis only reads it.
      redisReaderCreateWithFunctions(const_cast<redisReplyObjectFunctions*>(&kFunctions)));
  CHECK(reader_ != nullptr);
  unanswered_ = 0;
  broken_ = false;
}

void Reader::feed(std::string_view bytes) {
  if (broken_) return;
  unanswered_ += bytes.size();
  broken_ = redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK;
}

std::optional<Answer> Reader::next() {
  if (broken_) return std::nullopt;
  void* answer = nullptr;
  if (redisReaderGetReply(reader_.get(), &answer) != REDIS_OK) {
    broken_ = true;
    return std::nullopt;
  }
  if (answer == nullptr) {
    broken_ = unanswered_ > answer_bytes_max_;
    return std::nullopt;
  }
  const std::unique_ptr<Answer> owner(static_cast<Answer*>(answer));
  unanswered_ = reader_->len - reader_->pos;
  return std::move(*owner);
}

bool Reader::pending() const {
  // A reader that was asked in vain waits for the first byte of the next answer, of no type yet.
  const bool begun = reader_->ridx >= 0 && reader_->rstack[reader_->ridx].type >= 0;
  return reader_->len > reader_->pos || begun;
}

std::string info_line(std::string_view info, std::string_view name) {
  while (!info.empty()) {
    const std::size_t end = std::min(info.find('\n'), info.size());
    std::string_view line = info.substr(0, end);
    info.remove_prefix(std::min(end + 1, info.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ':') {
      return std::string(line.substr(name.size() + 1));
    }
  }
  return "";
}

}  // namespace redis
