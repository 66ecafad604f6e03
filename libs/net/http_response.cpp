#include "net/http_response.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace net {

namespace {
constexpr std::size_t kHeadBytesMax = 64U << 10U;
constexpr std::size_t kChunkLineBytesMax = 1024;
constexpr std::size_t kValueBytesMax = 256;
constexpr std::size_t kRepeatedBytesMax = 4096;
constexpr std::size_t kRepeatedMax = 64;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view lower_b) {
  return a.size() == lower_b.size() && std::equal(a.begin(), a.end(), lower_b.begin(),
                                                  [](char x, char y) { return lower(x) == y; });
}

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// One of the comma-separated tokens of `value` is `token`.
bool has_token(std::string_view value, std::string_view token) {
  while (!value.empty()) {
    const auto comma = std::min(value.find(','), value.size());
    if (same_name(trim(value.substr(0, comma)), token)) {
      return true;
    }
    value.remove_prefix(std::min(comma + 1, value.size()));
  }
  return false;
}

bool parse_number(std::string_view text, std::uint64_t& out, int number_base) {
  if (text.empty()) {
    return false;
  }
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), out, number_base);
  return error == std::errc() && end == text.data() + text.size() &&
         out <= std::numeric_limits<std::uint64_t>::max() / 2;
}
}  // namespace

HttpResponseParser::HttpResponseParser(const HttpExpectation& expected)
    : expected_(expected), values_(expected.headers.size()), repeated_(expected.repeated.size()) {}

void HttpResponseParser::clear_message() {
  part_ = Part::Head;
  pending_.clear();
  tail_.clear();
  left_ = 0;
  status_ = 0;
  keep_alive_ = true;
  chunked_ = false;
  has_length_ = false;
  found_ = false;
  trailer_bytes_ = 0;
  for (auto& value : values_) {
    value.clear();
  }
  for (auto& values : repeated_) {
    values.clear();
  }
}

void HttpResponseParser::reset() {
  clear_message();
  started_ = false;
}

HttpResponseParser::State HttpResponseParser::feed(std::string_view bytes) {
  started_ = started_ || !bytes.empty();
  while (!bytes.empty() && part_ != Part::End) {
    const bool right = part_ == Part::Head ? take_head(bytes) : take_body(bytes);
    if (!right) {
      return State::Broken;
    }
  }
  if (part_ != Part::End) {
    return State::More;
  }
  return bytes.empty() ? State::Done : State::Broken;
}

HttpResponseParser::State HttpResponseParser::closed() {
  keep_alive_ = false;
  return part_ == Part::UntilClose ? State::Done : State::Broken;
}

bool HttpResponseParser::take_head(std::string_view& bytes) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  if (pending_.empty()) {
    const auto end = bytes.find(kEnd);
    if (end != std::string_view::npos) {
      const auto head = bytes.substr(0, end + 2);
      bytes.remove_prefix(end + kEnd.size());
      return head.size() <= kHeadBytesMax && parse_head(head);
    }
  }
  const std::size_t before = pending_.size();
  pending_.append(bytes);
  const auto end = pending_.find(kEnd, before < kEnd.size() ? 0 : before - kEnd.size());
  if (end == std::string::npos) {
    bytes = {};
    return pending_.size() <= kHeadBytesMax;
  }
  bytes.remove_prefix(end + kEnd.size() - before);
  const std::string head = pending_.substr(0, end + 2);
  pending_.clear();
  return head.size() <= kHeadBytesMax && parse_head(head);
}

bool HttpResponseParser::parse_head(std::string_view head) {
  // "HTTP/1.1 200 OK": version, blank, three digits, then a blank or the end.
  constexpr std::size_t kStatusAt = 9;
  constexpr std::size_t kLineMin = 12;
  const auto line_end = head.find("\r\n");
  const auto line = head.substr(0, line_end);
  if (line.size() < kLineMin || line.substr(0, 7) != "HTTP/1." || line[8] != ' ' ||
      (line[7] != '0' && line[7] != '1') || (line.size() > kLineMin && line[kLineMin] != ' ')) {
    return false;
  }
  std::uint64_t status = 0;
  if (!parse_number(line.substr(kStatusAt, 3), status, 10) || status < 100) {
    return false;
  }
  status_ = static_cast<unsigned>(status);
  keep_alive_ = line[7] == '1';
  head.remove_prefix(line_end + 2);
  while (!head.empty()) {
    const auto end = head.find("\r\n");
    if (!parse_field(head.substr(0, end))) {
      return false;
    }
    head.remove_prefix(end + 2);
  }
  return choose_framing();
}

bool HttpResponseParser::parse_field(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0 || line[colon - 1] == ' ' ||
      line.front() == ' ' || line.front() == '\t') {
    return false;
  }
  const auto name = line.substr(0, colon);
  const auto value = trim(line.substr(colon + 1));
  if (same_name(name, "content-length")) {
    const std::uint64_t before = left_;
    if (!parse_number(value, left_, 10) || (has_length_ && left_ != before)) {
      return false;
    }
    has_length_ = true;
  } else if (same_name(name, "transfer-encoding")) {
    chunked_ = has_token(value, "chunked");
    if (!chunked_) {
      return false;  // no other coding was asked for
    }
  } else if (same_name(name, "connection")) {
    keep_alive_ = (keep_alive_ || has_token(value, "keep-alive")) && !has_token(value, "close");
  }
  keep_value(name, value);
  return true;
}

void HttpResponseParser::keep_value(std::string_view name, std::string_view value) {
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (same_name(name, expected_.headers[i])) {
      values_[i] = value.substr(0, kValueBytesMax);
    }
  }
  for (std::size_t i = 0; i < repeated_.size(); ++i) {
    if (same_name(name, expected_.repeated[i]) && value.size() <= kRepeatedBytesMax &&
        repeated_[i].size() < kRepeatedMax) {
      repeated_[i].emplace_back(value);
    }
  }
}

bool HttpResponseParser::choose_framing() {
  if (status_ < 200) {
    if (status_ == 101) {
      return false;  // no upgrade was asked for
    }
    clear_message();  // an interim answer; the real one follows
    return true;
  }
  if (expected_.head || status_ == 204 || status_ == 304) {
    part_ = Part::End;
  } else if (chunked_) {
    part_ = Part::ChunkSize;
    return !has_length_;
  } else if (has_length_) {
    part_ = left_ == 0 ? Part::End : Part::Length;
  } else {
    part_ = Part::UntilClose;
    keep_alive_ = false;
  }
  return true;
}

bool HttpResponseParser::take_line(std::string_view& bytes, std::string_view& line, bool& whole) {
  const auto end = bytes.find('\n');
  whole = end != std::string_view::npos;
  pending_.append(bytes.substr(0, whole ? end + 1 : bytes.size()));
  bytes.remove_prefix(whole ? end + 1 : bytes.size());
  if (pending_.size() > kChunkLineBytesMax) {
    return false;
  }
  if (whole) {
    if (pending_.size() < 2 || pending_[pending_.size() - 2] != '\r') {
      return false;
    }
    line = std::string_view(pending_).substr(0, pending_.size() - 2);
  }
  return true;
}

bool HttpResponseParser::chunk_size(std::string_view line) {
  const auto digits = trim(line.substr(0, line.find(';')));
  if (!parse_number(digits, left_, 16)) {
    return false;
  }
  part_ = left_ == 0 ? Part::Trailer : Part::ChunkData;
  return true;
}

bool HttpResponseParser::take_body(std::string_view& bytes) {
  if (part_ == Part::UntilClose) {
    search(bytes);
    bytes = {};
    return true;
  }
  if (part_ == Part::Length || part_ == Part::ChunkData) {
    const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
    search(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
    left_ -= taken;
    if (left_ == 0) {
      part_ = part_ == Part::Length ? Part::End : Part::ChunkEnd;
    }
    return true;
  }
  std::string_view line;
  bool whole = false;
  if (!take_line(bytes, line, whole)) {
    return false;
  }
  if (!whole) {
    return true;
  }
  bool right = true;
  if (part_ == Part::ChunkSize) {
    right = chunk_size(line);
  } else if (part_ == Part::ChunkEnd) {
    right = line.empty();
    part_ = Part::ChunkSize;
  } else {
    trailer_bytes_ += line.size();
    right = trailer_bytes_ <= kHeadBytesMax;
    part_ = line.empty() ? Part::End : Part::Trailer;
  }
  pending_.clear();
  return right;
}

void HttpResponseParser::search(std::string_view body) {
  const std::string& wanted = expected_.body_contains;
  if (found_ || wanted.empty()) {
    return;
  }
  found_ = body.find(wanted) != std::string_view::npos;
  if (found_) {
    return;
  }
  // The end of what came before plus the begin of this: the text may span the two.
  std::string seam = tail_;
  seam.append(body.substr(0, wanted.size() - 1));
  found_ = seam.find(wanted) != std::string::npos;
  tail_.append(body.substr(body.size() - std::min(body.size(), wanted.size() - 1)));
  if (tail_.size() > wanted.size() - 1) {
    tail_.erase(0, tail_.size() - (wanted.size() - 1));
  }
}

}  // namespace net
