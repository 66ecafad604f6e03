#include "cli/object_form_file.h"

#include <sstream>
#include <vector>

#include <fmt/format.h>

#include "aio/file.h"

namespace cli {
namespace {

constexpr std::size_t kBytesMax = 1U << 20U;

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> out;
  std::istringstream stream(line);
  for (std::string word; stream >> word;) out.push_back(word);
  return out;
}

base::Result<std::string> content(const std::string& word, const std::string& prefix) {
  const std::string path = word.substr(prefix.size());
  const std::string what = prefix.substr(0, prefix.size() - 1);
  if (path.empty()) {
    return base::fail(base::Code::InvalidArgument, what + ": no file stands after the '='");
  }
  auto text = aio::read_file(path, kBytesMax);
  if (!text) return tl::unexpected(text.error().with(what));
  return text;
}

}  // namespace

base::Result<std::string> columns_of_lines(const std::string& text) {
  std::istringstream lines(text);
  std::string titles_line;
  std::string paths_line;
  std::getline(lines, titles_line);
  std::getline(lines, paths_line);
  const auto titles = words_of(titles_line);
  const auto paths = words_of(paths_line);
  if (titles.empty() || titles.size() != paths.size()) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("a line of titles and one of as many paths are needed: it has {} "
                                  "and {}",
                                  titles.size(), paths.size()));
  }
  std::string out;
  for (std::size_t i = 0; i < titles.size(); ++i) {
    out += fmt::format("{}{}:{}", i == 0 ? "" : ",", titles[i], paths[i]);
  }
  return out;
}

base::Result<std::string> form_of_file(const std::string& word) {
  if (word.starts_with(kPathFile)) {
    TRY(const std::string text, content(word, kPathFile));
    return "jsonpath=" + text;
  }
  if (!word.starts_with(kColumnsFile)) return word;
  TRY(const std::string text, content(word, kColumnsFile));
  const auto columns = columns_of_lines(text);
  if (!columns) return tl::unexpected(columns.error().with(word));
  return "custom-columns=" + *columns;
}

}  // namespace cli
