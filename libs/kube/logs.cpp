#include "kube/logs.h"

#include <utility>

#include "kube/lines.h"
#include "kube/taken.h"

namespace kube {
namespace {

constexpr std::size_t kLineMax = std::size_t{16} << 20U;

Query text_of(const LogQuery& query) {
  Query out;
  out.add("container", query.container);
  out.add("tailLines", query.tail_lines ? std::to_string(*query.tail_lines) : "");
  out.add("sinceTime", query.since ? micro_time(*query.since) : "");
  out.add("previous", query.previous ? "true" : "");
  out.add("timestamps", query.timestamps ? "true" : "");
  return out;
}

std::string what_of(const Key& pod) {
  return "log of " + to_string(pod);
}

}  // namespace

aio::Task<base::Result<LogText>> read_log(Client& client, Key pod, LogQuery query,
                                          std::size_t bytes_max, std::stop_token stop) {
  // One more than is wanted, which tells that there was more.
  Query text = text_of(query);
  text.add("limitBytes", std::to_string(bytes_max + 1));
  const std::string target = path_of(kPods, pod, "log") + text.text();
  CO_TRY(Reply reply,
         taken(co_await client.send("GET", target, "", "", std::move(stop)), what_of(pod)));
  LogText out{std::move(reply.body), false};
  out.truncated = out.text.size() > bytes_max;
  if (out.truncated) out.text.resize(bytes_max);
  co_return out;
}

aio::Task<base::Result<>> follow_log(Client& client, Key pod, LogQuery query,
                                     std::function<bool(std::string_view)> line,
                                     std::stop_token stop) {
  Query text = text_of(query);
  text.add("follow", "true");
  Lines lines(std::move(line), {.bytes_max = kLineMax, .keep_empty = true});
  bool enough = false;
  const auto take = [&lines, &enough](std::string_view bytes) {
    enough = !lines.take(bytes);
    return !enough;
  };
  const std::string target = path_of(kPods, pod, "log") + text.text();
  CO_TRY(taken(co_await client.stream(target, {}, take, std::move(stop)), what_of(pod)));
  if (lines.too_long()) {
    co_return base::fail(base::Code::ResourceExhausted,
                         what_of(pod) + ": a line of more than 16 MiB");
  }
  if (!enough) lines.end();
  co_return base::Result<>{};
}

}  // namespace kube
