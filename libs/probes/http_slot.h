// The slot of a stream whose operations are HTTP exchanges: bytes go to a parser until the answer
// is whole. What is asked, and what an answer means, is the stream's.
#pragma once

#include "net/http_response.h"
#include "probes/link_operation.h"

namespace probes {

class HttpAnswerSlot : public LinkSlot {
 public:
  using LinkSlot::LinkSlot;

 protected:
  /// Of the request that was sent.
  virtual net::HttpResponseParser& answer() = 0;
  /// All of it is there: ends the operation, or goes on with the next request.
  virtual void answered() = 0;

 private:
  void take(std::string_view bytes) final;
  bool ended_by_close() final;
};

}  // namespace probes
