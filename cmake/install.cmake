# scripts/install.sh installs two components, and both may be moved afterwards.
# program: <prefix>/lib/espalier holds the program and every library it needs but the C library, and finds them beside itself;
#   <prefix>/bin/espalier is a link to it.
# library: <prefix>/lib/libespalier.a and its CMake package; scripts/install.sh adds the headers.
if(NOT TARGET espalier)
  return()
endif()
find_program(PATCHELF patchelf)
set_target_properties(espalier PROPERTIES INSTALL_RPATH "$ORIGIN")

install(TARGETS espalier RUNTIME_DEPENDENCY_SET needed RUNTIME DESTINATION lib/espalier COMPONENT program)
install(RUNTIME_DEPENDENCY_SET needed
  PRE_EXCLUDE_REGEXES "^(libc|libm|libdl|libpthread|librt|ld-linux-[^.]*)\\.so"
  DIRECTORIES ${TORCH_PREFIX}/lib
  LIBRARY DESTINATION lib/espalier COMPONENT program)

# Debian's libraries look for their own needs in the system only.
install(CODE "
  set(folder \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/lib/espalier\")
  file(GLOB libraries \"\${folder}/*.so*\")
  foreach(library IN LISTS libraries)
    if(NOT IS_SYMLINK \"\${library}\" AND NOT library MATCHES \"/lib(torch|c10|gomp)\")
      execute_process(COMMAND ${PATCHELF} --set-rpath \$ORIGIN \"\${library}\" COMMAND_ERROR_IS_FATAL ANY)
    endif()
  endforeach()
  file(MAKE_DIRECTORY \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/bin\")
  file(CREATE_LINK ../lib/espalier/espalier \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/bin/espalier\" SYMBOLIC)
" COMPONENT program)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION share/doc/espalier COMPONENT program)

# One archive of all layers below the command.
add_library(espalier_library STATIC EXCLUDE_FROM_ALL)
foreach(layer base io text metrics report nn models peft pruning data train privacy recipe)
  target_sources(espalier_library PRIVATE $<TARGET_OBJECTS:espalier_${layer}>)
endforeach()
set_target_properties(espalier_library PROPERTIES LINKER_LANGUAGE CXX OUTPUT_NAME espalier)
install(FILES $<TARGET_FILE:espalier_library> DESTINATION lib COMPONENT library)
include(CMakePackageConfigHelpers)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/espalier-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_SOURCE_DIR}/cmake/espalier-config.cmake ${CMAKE_BINARY_DIR}/espalier-config-version.cmake
  DESTINATION lib/cmake/espalier COMPONENT library)
