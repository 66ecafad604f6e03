// A limiter over a table of its own, and requests of clients that are numbered.
#pragma once

#include <vector>

#include "limit/limiter.h"

namespace limit {

inline Identifier test_identifier() {
  return Identifier(FingerprintKey::from("a key of these tests, 32 bytes it is").value());
}

class LimiterBench {
 public:
  explicit LimiterBench(const Settings& settings = {}, std::size_t keys = 4096)
      : rules(Rules::compile(settings).value()),
        memory(Table::words_for(keys)),
        table(memory),
        limiter(rules, table, Sharing::OneThread) {}

  Request request(const Address& client, std::string_view agent = "agent",
                  std::string_view target = "/", std::string_view method = "GET") const {
    Request one;
    one.client = client;
    one.subject = identifier.subject({client, agent, "de", {}});
    one.method = method;
    one.target = target;
    return one;
  }
  Decision decide(const Request& one, base::Duration now) {
    return limiter.decide(one, base::TimePoint(now));
  }

  Identifier identifier = test_identifier();
  Rules rules;
  std::vector<Word> memory;
  Table table;
  Limiter limiter;
};

inline Address client(std::uint32_t number) {
  return Address::v4(0xC000'0000U + number);
}

}  // namespace limit
