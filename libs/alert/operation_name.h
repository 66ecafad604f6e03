// The name of an operation as a label. Applications put into it what they like; what looks like the
// number of one thing among many is taken out, since an ID as a label is a series for each thing:
//
//   - letters, digits, _ . : / and - stay, any other byte becomes _
//   - a word (what stands between _ . : / -) of digits alone, or of at least four hexadecimal
//     digits with a decimal one among them, becomes {id}; several in a row become one
//   - 64 characters at most, and "unnamed" for nothing
#pragma once

#include <string>
#include <string_view>

namespace alert {

std::string operation_label(std::string_view name);

}  // namespace alert
