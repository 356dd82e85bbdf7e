# What every file of ours is compiled with.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1") # fuzzing: executions count, and assertions stay

find_program(CCACHE ccache)
if(CCACHE)
  # The precompiled header needs these; ccache still hashes what the header is made from.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_PCH_EXTSUM=1 ${CCACHE})
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()

add_library(espalier_flags INTERFACE)
target_include_directories(espalier_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(espalier_flags INTERFACE -Wall -Wextra -Wpedantic
  $<$<CXX_COMPILER_ID:GNU>:-Wshadow=local> -Wno-missing-field-initializers
  $<$<BOOL:${ESPALIER_WERROR}>:-Werror> -fno-math-errno)
if(ESPALIER_SANITIZE)
  # A finding ends the program.
  target_compile_options(espalier_flags INTERFACE -fsanitize=${ESPALIER_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(espalier_flags INTERFACE -fsanitize=${ESPALIER_SANITIZE})
endif()
if(ESPALIER_FUZZ)
  target_compile_options(espalier_flags INTERFACE -fsanitize=fuzzer-no-link -D_GLIBCXX_ASSERTIONS)
  target_link_options(espalier_flags INTERFACE -fsanitize=fuzzer-no-link)
  if(NOT ESPALIER_SANITIZE) # speed is what counts: traces of comparisons are a third of an execution's time
    target_compile_options(espalier_flags INTERFACE -fno-sanitize-coverage=trace-cmp)
  endif()
endif()
