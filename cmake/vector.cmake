# Vector kernels: one source file for each instruction set, without the precompiled header, whose inline functions must never be
# merged with copies that another processor cannot run.
set(vector ${CMAKE_SOURCE_DIR}/espalier/nn/kernels/vector)
set_source_files_properties(${vector}/avx512.cc ${vector}/avx2.cc ${vector}/plain.cc TARGET_DIRECTORY espalier_nn
  PROPERTIES SKIP_PRECOMPILE_HEADERS ON COMPILE_OPTIONS "-O3;-ffp-contract=fast;-Wno-psabi")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set_property(SOURCE ${vector}/avx512.cc TARGET_DIRECTORY espalier_nn APPEND PROPERTY COMPILE_OPTIONS -march=x86-64-v4 -mprefer-vector-width=512)
  set_property(SOURCE ${vector}/avx2.cc TARGET_DIRECTORY espalier_nn APPEND PROPERTY COMPILE_OPTIONS -march=x86-64-v3)
else()
  set_source_files_properties(${vector}/avx512.cc ${vector}/avx2.cc TARGET_DIRECTORY espalier_nn PROPERTIES HEADER_FILE_ONLY ON)
endif()
