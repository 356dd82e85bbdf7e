# espalier_fuzz(name [TORCH] [NEEDS layers...]): tests/fuzz/<name>_fuzz.cc as one libFuzzer program.
# Of the torch layers only the files that read are instrumented (espalier_readers); the rest comes, as it is released, from the
# archives of the preset release, which must be built before. So libFuzzer sees the readers, and a build takes a minute.
set(RELEASED ${CMAKE_SOURCE_DIR}/build/release/layers)

file(GLOB readers CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/espalier/recipe/plan.cc ${CMAKE_SOURCE_DIR}/espalier/recipe/recipe.cc
  ${CMAKE_SOURCE_DIR}/espalier/recipe/toml.cc ${CMAKE_SOURCE_DIR}/espalier/models/*_names.cc
  ${CMAKE_SOURCE_DIR}/espalier/models/config_head.cc ${CMAKE_SOURCE_DIR}/espalier/peft/formats/expression.cc
  ${CMAKE_SOURCE_DIR}/espalier/peft/formats/peft_settings.cc ${CMAKE_SOURCE_DIR}/espalier/peft/formats/peft_load.cc
  ${CMAKE_SOURCE_DIR}/espalier/train/state.cc ${CMAKE_SOURCE_DIR}/espalier/train/tensor_file.cc)
add_library(espalier_readers OBJECT ${readers})
target_link_libraries(espalier_readers PUBLIC espalier_report espalier_text espalier_metrics torch_headers)
target_compile_definitions(espalier_readers PUBLIC NDEBUG) # as the archives were
target_precompile_headers(espalier_readers PRIVATE ${CMAKE_SOURCE_DIR}/espalier/nn/tensor.h)

add_library(released_layers INTERFACE)
foreach(layer recipe privacy train peft pruning data models nn)
  list(APPEND archives ${RELEASED}/libespalier_${layer}.a)
endforeach()
target_link_libraries(released_layers INTERFACE
  -Wl,--start-group ${archives} $<TARGET_FILE:espalier_report> $<TARGET_FILE:espalier_text> $<TARGET_FILE:espalier_metrics>
  $<TARGET_FILE:espalier_io> $<TARGET_FILE:espalier_base> -Wl,--end-group torch_lib JPEG::JPEG PNG::PNG ZLIB::ZLIB)
pkg_check_modules(pcre2 IMPORTED_TARGET libpcre2-8)
if(pcre2_FOUND)
  target_link_libraries(released_layers INTERFACE PkgConfig::pcre2)
endif()

function(espalier_fuzz name)
  cmake_parse_arguments(A "TORCH" "" "NEEDS" ${ARGN})
  set(fuzz ${CMAKE_CURRENT_SOURCE_DIR}/fuzz)
  set(sources ${fuzz}/${name}_fuzz.cc ${fuzz}/target.cc support/libfuzzer_entry.cc)
  if("espalier_text" IN_LIST A_NEEDS)
    list(APPEND sources ${fuzz}/check_tokenizer.cc)
  endif()
  add_executable(fuzz_${name} ${sources})
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  if(A_TORCH)
    target_link_libraries(fuzz_${name} PRIVATE espalier_readers released_layers)
    set_target_properties(fuzz_${name} PROPERTIES BUILD_RPATH ${TORCH_PREFIX}/lib POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(fuzz_${name} PRIVATE -fPIC)
    target_precompile_headers(fuzz_${name} REUSE_FROM espalier_readers)
  else()
    target_link_libraries(fuzz_${name} PRIVATE ${A_NEEDS})
  endif()
endfunction()
