# Libraries of others. Headers of libtorch are system headers, so that our warnings stay ours.
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(utf8proc REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(pcre2 REQUIRED IMPORTED_TARGET libpcre2-8)
pkg_check_modules(jemalloc IMPORTED_TARGET jemalloc)
option(ESPALIER_JEMALLOC "the program takes its memory from jemalloc" ${jemalloc_FOUND})
find_path(TOMLPLUSPLUS_INCLUDE toml++/toml.h REQUIRED)

# TORCH_PREFIX: the folder of a libtorch or of an installed torch package; by default the one in .venv.
set(TORCH_PREFIX "$ENV{TORCH_PREFIX}" CACHE PATH "folder of libtorch (holds include/ and lib/)")
if(NOT TORCH_PREFIX)
  file(GLOB TORCH_PREFIX_FOUND ${CMAKE_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch)
  set(TORCH_PREFIX ${TORCH_PREFIX_FOUND} CACHE PATH "" FORCE)
endif()
if(NOT EXISTS ${TORCH_PREFIX}/include/ATen/ATen.h)
  message(FATAL_ERROR "no libtorch in '${TORCH_PREFIX}'; run `make build`, which sets one up, or give TORCH_PREFIX=<folder that holds include/ATen/ATen.h>")
endif()
file(READ ${TORCH_PREFIX}/include/torch/headeronly/version.h TORCH_VERSION_TEXT)
string(REGEX MATCH "TORCH_VERSION_MAJOR ([0-9]+)" _ "${TORCH_VERSION_TEXT}")
set(TORCH_MAJOR ${CMAKE_MATCH_1})
string(REGEX MATCH "TORCH_VERSION_MINOR ([0-9]+)" _ "${TORCH_VERSION_TEXT}")
set(TORCH_MINOR ${CMAKE_MATCH_1})
if("${TORCH_MAJOR}.${TORCH_MINOR}" VERSION_LESS 2.11)
  message(FATAL_ERROR "libtorch ${TORCH_MAJOR}.${TORCH_MINOR} in '${TORCH_PREFIX}'; expected 2.11 or later")
endif()
# The imported targets are written here rather than taken from TorchConfig.cmake, which in a CUDA build demands a CUDA
# compiler that nothing of ours needs.
add_library(torch_headers INTERFACE)
# After the system's folders, since libtorch brings headers of another fmt; system headers, as SYSTEM would make them.
target_compile_options(torch_headers INTERFACE
  "SHELL:-idirafter ${TORCH_PREFIX}/include" "SHELL:-idirafter ${TORCH_PREFIX}/include/torch/csrc/api/include")
add_library(torch_lib INTERFACE)
target_link_directories(torch_lib INTERFACE ${TORCH_PREFIX}/lib)
# One item, since CMake drops repeated flags; libtorch registers its kernels by being loaded, needed or not.
set(TORCH_LIBRARIES -ltorch,-ltorch_cpu,-lc10)
if(EXISTS ${TORCH_PREFIX}/lib/libtorch_cuda.so)
  string(APPEND TORCH_LIBRARIES ,-ltorch_cuda,-lc10_cuda)
endif()
target_link_libraries(torch_lib INTERFACE torch_headers -Wl,--push-state,--no-as-needed,${TORCH_LIBRARIES},--pop-state)
