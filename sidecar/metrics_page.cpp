#include "sidecar/metrics_page.h"

#include "net/gzip.h"

namespace sidecar {

net::HttpReply metrics_page(const net::HttpRequest& request,
                            const std::function<std::string(traffic::Format)>& write) {
  const std::string* accept = request.header("Accept");
  const traffic::Format format = traffic::format_for(accept == nullptr ? "" : *accept);
  net::HttpReply out{200, traffic::content_type(format), write(format)};
  out.headers.push_back({"Vary", "Accept, Accept-Encoding"});
  const std::string* coding = request.header("Accept-Encoding");
  if (coding == nullptr || !net::accepts_gzip(*coding)) return out;
  out.body = net::gzip(out.body);
  out.headers.push_back({"Content-Encoding", "gzip"});
  return out;
}

}  // namespace sidecar
