// CRC-32C (Castagnoli), the checksum of the files that must survive: it finds every burst of up to
// 32 bits and is what ext4, iSCSI and PostgreSQL use. Guards against torn writes and bad disks, not
// against forgery. Source: RFC 3720, appendix B.4.
#pragma once

#include <cstdint>
#include <string_view>

namespace store {

std::uint32_t crc32c(std::string_view bytes);

}  // namespace store
