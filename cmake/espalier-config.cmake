# find_package(espalier) gives the target espalier::espalier. Everything of ours, and the libtorch that it was built with, is found
# from where this file lies, so the prefix may be moved. TORCH_PREFIX names another libtorch of the same version.
include(CMakeFindDependencyMacro)
find_dependency(fmt)
find_dependency(nlohmann_json)
find_dependency(OpenSSL COMPONENTS Crypto)
find_dependency(Threads)
find_dependency(JPEG)
find_dependency(PNG)
find_dependency(ZLIB)
find_library(ESPALIER_UTF8PROC utf8proc)
find_library(ESPALIER_PCRE2 pcre2-8)

get_filename_component(espalier_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
set(espalier_torch_include ${espalier_prefix}/include/espalier-torch)
set(espalier_torch_lib ${espalier_prefix}/lib/espalier)
if(TORCH_PREFIX)
  set(espalier_built_with ${espalier_torch_include})
  set(espalier_torch_include ${TORCH_PREFIX}/include)
  set(espalier_torch_lib ${TORCH_PREFIX}/lib)
  foreach(folder built_with torch_include)
    set(espalier_version_of_${folder} "")
    set(espalier_version_file ${espalier_${folder}}/torch/headeronly/version.h)
    if(EXISTS ${espalier_version_file})
      file(STRINGS ${espalier_version_file} espalier_version_of_${folder} REGEX "define TORCH_VERSION_(MAJOR|MINOR) ")
    endif()
  endforeach()
  if(NOT espalier_version_of_built_with STREQUAL espalier_version_of_torch_include)
    string(CONCAT espalier_NOT_FOUND_MESSAGE "TORCH_PREFIX=${TORCH_PREFIX} holds another libtorch than espalier was built with: "
      "'${espalier_version_of_torch_include}'; expected '${espalier_version_of_built_with}'")
  endif()
endif()
if(NOT ESPALIER_UTF8PROC OR NOT ESPALIER_PCRE2)
  set(espalier_NOT_FOUND_MESSAGE "libutf8proc or libpcre2-8 is missing; on Debian: apt-get install libutf8proc-dev libpcre2-dev")
endif()
if(espalier_NOT_FOUND_MESSAGE)
  set(espalier_FOUND FALSE)
  return()
endif()

if(NOT TARGET espalier::espalier)
  add_library(espalier::espalier STATIC IMPORTED)
  set(espalier_torch_libraries)
  foreach(name torch torch_cpu c10 torch_cuda c10_cuda)
    if(EXISTS ${espalier_torch_lib}/lib${name}.so)
      list(APPEND espalier_torch_libraries ${espalier_torch_lib}/lib${name}.so)
    endif()
  endforeach()
  set_target_properties(espalier::espalier PROPERTIES
    IMPORTED_LOCATION ${espalier_prefix}/lib/libespalier.a
    INTERFACE_INCLUDE_DIRECTORIES ${espalier_prefix}/include
    INTERFACE_COMPILE_FEATURES cxx_std_20
    # After the system's folders, since libtorch brings headers of another fmt.
    INTERFACE_COMPILE_OPTIONS "SHELL:-idirafter ${espalier_torch_include};SHELL:-idirafter ${espalier_torch_include}/torch/csrc/api/include"
    # libtorch registers its kernels by being loaded, needed or not.
    INTERFACE_LINK_LIBRARIES "-Wl,--push-state,--no-as-needed;${espalier_torch_libraries};-Wl,--pop-state;fmt::fmt;nlohmann_json::nlohmann_json;OpenSSL::Crypto;${ESPALIER_UTF8PROC};${ESPALIER_PCRE2};JPEG::JPEG;PNG::PNG;ZLIB::ZLIB;Threads::Threads")
endif()
