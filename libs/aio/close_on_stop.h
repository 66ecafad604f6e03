// How what waits on a socket, an acceptor or a descriptor is stopped: the object is closed, and
// what was under way on it ends with operation_aborted. Nothing can be done with it afterwards.
#pragma once

#include <stop_token>
#include <utility>

#include <boost/system/error_code.hpp>

namespace aio {

/// Whatever comes of it.
template <class Object>
void close_now(Object& object) {
  boost::system::error_code ignored;
  object.close(ignored);
}

/// While it lives, a stop closes the object. Lifetime: the object outlives it. Thread: the stop is
/// requested on that of the object's executor.
template <class Object>
class CloseOnStop {
 public:
  CloseOnStop(Object& object, std::stop_token stop) : callback_(std::move(stop), Close{&object}) {}

 private:
  struct Close {
    Object* object;
    void operator()() const { close_now(*object); }
  };
  std::stop_callback<Close> callback_;
};

}  // namespace aio
