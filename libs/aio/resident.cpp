#include "aio/resident.h"

#include <cstdint>
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace aio {
namespace {

struct Piece {
  std::uintptr_t from = 0;
  std::size_t bytes = 0;
};

int add_unwritten(dl_phdr_info* object, std::size_t /*size*/, void* pieces) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t begin = object->dlpi_addr + segment.p_vaddr;
    const std::uintptr_t from = begin & ~(page - 1);
    static_cast<std::vector<Piece>*>(pieces)->push_back({from, begin + segment.p_memsz - from});
  }
  return 0;
}

}  // namespace

void give_back_memory() {
  ::malloc_trim(0);
  // Found first and unmapped then, since looking at an object maps the head of it again.
  std::vector<Piece> pieces;
  ::dl_iterate_phdr(add_unwritten, &pieces);
  for (const Piece& piece : pieces) {
    // Of the kernel's own (vDSO) it is refused, and that is as well.
    // NOLINTNEXTLINE(performance-no-int-to-ptr): addresses are what the loader tells
    static_cast<void>(::madvise(reinterpret_cast<void*>(piece.from), piece.bytes, MADV_DONTNEED));
  }
}

}  // namespace aio
