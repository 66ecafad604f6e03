// The columnar records: operations of a stream, rows of a final read, the users' load.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "drill/evidence.h"

namespace bundle {

std::string operations_table(std::span<const drill::Record> records);
/// Appends to `out`; false: these bytes are no such table, or a value is out of its range.
bool read_operations(std::string_view bytes, drill::StreamId stream,
                     std::vector<drill::Record>& out);

std::string rows_table(std::span<const drill::FinalRow> rows);
bool read_rows(std::string_view bytes, std::vector<drill::FinalRow>& out);

std::string load_table(std::span<const drill::LoadSample> samples);
bool read_load(std::string_view bytes, std::vector<drill::LoadSample>& out);

}  // namespace bundle
