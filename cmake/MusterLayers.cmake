# The layers of docs/ARCHITECTURE.md as a configure-time law: a folder includes itself and lower
# layers only. An edge that points up or sideways stops the configuration with its file and line.
set(MUSTER_LAYER_base 0)
set(MUSTER_LAYER_api 1)
set(MUSTER_LAYER_crypto 1)
set(MUSTER_LAYER_redis 1)
set(MUSTER_LAYER_drill 2)
set(MUSTER_LAYER_load 2)
set(MUSTER_LAYER_scheduling 2)
set(MUSTER_LAYER_http1 2)
set(MUSTER_LAYER_limit 2)
set(MUSTER_LAYER_alert 2)
set(MUSTER_LAYER_aio 3)
set(MUSTER_LAYER_metrics 3)
set(MUSTER_LAYER_store 3)
set(MUSTER_LAYER_report 3)
set(MUSTER_LAYER_bundle 3)
set(MUSTER_LAYER_traffic 3)
set(MUSTER_LAYER_ingest 3)
set(MUSTER_LAYER_sampling 3)
set(MUSTER_LAYER_verify 4)
set(MUSTER_LAYER_net 4)
set(MUSTER_LAYER_kube 5)
set(MUSTER_LAYER_targets 6)
set(MUSTER_LAYER_probes 6)
set(MUSTER_LAYER_cluster 7)
set(MUSTER_LAYER_runner 8)
set(MUSTER_LAYER_sim 8)
set(MUSTER_LAYER_cli 9)
set(MUSTER_LAYER_operator 10)
set(MUSTER_LAYER_sidecar 10)

# The verifier judges the engine, so it may know the engine's data and none of its reckoning:
# MUSTER_DATA_ONLY_<folder> is "<lower folder> <headers...>", all that <folder> may include of it.
set(MUSTER_DATA_ONLY_verify drill evidence.h record.h)

# muster_check_includes(<folder> <files...>): refuses upward and sideways includes.
function(muster_check_includes name)
  set(own ${MUSTER_LAYER_${name}})
  foreach(file IN LISTS ARGN)
    file(STRINGS ${file} lines REGEX "^#include \"[a-z_]+/")
    foreach(line IN LISTS lines)
      string(REGEX REPLACE "^#include \"([a-z_]+)/.*" "\\1" used "${line}")
      if(used STREQUAL name)
        continue()
      endif()
      if(NOT DEFINED MUSTER_LAYER_${used})
        message(FATAL_ERROR "${file}: ${line}: '${used}' is no layer of cmake/MusterLayers.cmake")
      endif()
      if(DEFINED MUSTER_DATA_ONLY_${name})
        list(GET MUSTER_DATA_ONLY_${name} 0 restricted)
        string(REGEX REPLACE "^#include \"[a-z_]+/([^\"]*)\".*" "\\1" header "${line}")
        if(used STREQUAL restricted AND NOT header IN_LIST MUSTER_DATA_ONLY_${name})
          message(FATAL_ERROR "${file}: ${line}: ${name} may include of ${used} its data only: "
                              "${MUSTER_DATA_ONLY_${name}}; see docs/ARCHITECTURE.md")
        endif()
      endif()
      if(NOT MUSTER_LAYER_${used} LESS own)
        message(FATAL_ERROR "${file}: ${line}: layer ${own} (${name}) may not include layer "
                            "${MUSTER_LAYER_${used}} (${used}); see docs/ARCHITECTURE.md")
      endif()
    endforeach()
  endforeach()
endfunction()

# muster_library(<folder> DEPS <lower folders...> [LINK <external libraries...>])
# Every .cpp of the folder; external libraries stay private to it.
function(muster_library name)
  cmake_parse_arguments(ARG "" "" "DEPS;LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp)
  file(GLOB headers CONFIGURE_DEPENDS *.h)
  muster_check_includes(${name} ${sources} ${headers})
  set(visibility PUBLIC)
  if(sources)
    add_library(muster_${name} STATIC ${sources})
    target_link_libraries(muster_${name} PRIVATE muster_options)
  else()
    add_library(muster_${name} INTERFACE)
    set(visibility INTERFACE)
  endif()
  target_include_directories(muster_${name} ${visibility} ${PROJECT_SOURCE_DIR}/libs)
  foreach(dep IN LISTS ARG_DEPS)
    if(NOT MUSTER_LAYER_${dep} LESS MUSTER_LAYER_${name})
      message(FATAL_ERROR "muster_${name} may not depend on muster_${dep}: not a lower layer")
    endif()
    target_link_libraries(muster_${name} ${visibility} muster_${dep})
  endforeach()
  if(ARG_LINK)
    target_link_libraries(muster_${name} ${visibility} ${ARG_LINK})
  endif()
endfunction()

# What `make test` starts at once on N cores, by tests/beside.json: N + 1 tests. Those that an API server and
# its database serve take one of as many shares each. One that measures a recovery as its users see it takes
# all of them, room for two, and starts early: on two cores, one test that computes or waits runs beside it.
set(MUSTER_WITH_SERVERS RESOURCE_GROUPS servers:1 COST 100)
cmake_host_system_information(RESULT cores QUERY NUMBER_OF_LOGICAL_CORES)
math(EXPR shares "${cores} + 1")
if(shares LESS 3)
  set(shares 3)
endif()
set(MUSTER_MEASURES RESOURCE_GROUPS servers:${shares} PROCESSORS 2 COST 1000)
file(WRITE "${PROJECT_BINARY_DIR}/tests/beside.json"
     "{\"version\": {\"major\": 1, \"minor\": 0}, \"local\": [{\"servers\": [{\"id\": \"0\", \"slots\": ${shares}}]}]}\n")

# muster_test(<folder> [ALONE] [LINK <libraries...>] [LABELS <words...>] [TIMEOUT <seconds>]):
# tests/<folder>/*.cpp as one GoogleTest program. ALONE: its tests start real servers or measure
# real time, and run one at a time and beside nothing else.
function(muster_test name)
  cmake_parse_arguments(ARG "ALONE" "TIMEOUT" "LINK;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  file(GLOB sources CONFIGURE_DEPENDS *.cpp)
  add_executable(test_${name} ${sources})
  target_link_libraries(test_${name} PRIVATE muster_options ${ARG_LINK} GTest::gmock GTest::gtest
                                             GTest::gtest_main)
  # Only files that read the checkout get its path, so that all others are shared by the compiler
  # cache of every clone.
  foreach(source IN LISTS sources)
    file(STRINGS ${source} uses REGEX "MUSTER_SOURCE_DIR|MUSTER_BINARY_DIR|documents\\.h")
    if(uses)
      set_source_files_properties(
        ${source} PROPERTIES COMPILE_DEFINITIONS
        "MUSTER_SOURCE_DIR=\"${PROJECT_SOURCE_DIR}\";MUSTER_BINARY_DIR=\"${PROJECT_BINARY_DIR}\"")
    endif()
  endforeach()
  set(properties TIMEOUT ${ARG_TIMEOUT})
  if(ARG_LABELS)
    list(APPEND properties LABELS ${ARG_LABELS})
  endif()
  if(ARG_ALONE)
    list(APPEND properties RUN_SERIAL TRUE)
  endif()
  gtest_discover_tests(test_${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 NO_PRETTY_VALUES
                       PROPERTIES ${properties})
endfunction()

# muster_fuzzer(<name> <file> LINK <libraries...>): a libFuzzer program over tests/corpus/<name>.
# `ctest` runs it MUSTER_FUZZ_SECONDS with a fixed seed; `make fuzz T=<name> S=<seconds>` longer.
function(muster_fuzzer name file)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  if(NOT MUSTER_SANITIZE STREQUAL "address")
    return()
  endif()
  add_executable(fuzz_${name} ${file})
  target_link_libraries(fuzz_${name} PRIVATE muster_options ${ARG_LINK})
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  add_test(NAME fuzz.${name}
           COMMAND ${PROJECT_SOURCE_DIR}/ci/fuzz.sh $<TARGET_FILE:fuzz_${name}>
                   ${PROJECT_SOURCE_DIR}/tests/corpus/${name} ${MUSTER_FUZZ_SECONDS} 1)
  set_tests_properties(fuzz.${name} PROPERTIES TIMEOUT 300 LABELS fuzz)
endfunction()
