// Gives memory back that a program needed to start and does not need to stand by. Most of a
// program's resident memory is then code that ran once: of the program and its libraries, mapped by
// the kernel in pieces of 64 KiB around each page that was touched.
//
// What is mapped from a file and was never written is unmapped: the kernel keeps it in its page
// cache for as long as nobody else needs the memory, and whatever is used again is mapped again at
// its first use, without reading a disk while it is there. Of the heap what is free goes back for
// good. Nothing that was written is lost: segments that may be written are left alone, with them
// what the loader has relocated.
#pragma once

namespace aio {

/// Costs as many page faults as there are pieces in use, some hundred; not for a busy moment.
void give_back_memory();

}  // namespace aio
