// Words of what evidence has and no report talks about: those of its format.
#pragma once

#include "drill/evidence.h"

namespace drill {

const char* name(FinalRead::Which which);
const char* name(ReferenceOutage::Kind kind);

}  // namespace drill
