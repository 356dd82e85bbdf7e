# `make install PREFIX=...`: <prefix>/lib/espalier holds the program and every library it needs but the C library, and finds them
# beside itself, so the folder may be moved; <prefix>/bin/espalier is a link to it.
if(NOT TARGET espalier)
  return()
endif()
find_program(PATCHELF patchelf)
set_target_properties(espalier PROPERTIES INSTALL_RPATH "$ORIGIN")

install(TARGETS espalier RUNTIME_DEPENDENCY_SET needed RUNTIME DESTINATION lib/espalier)
install(RUNTIME_DEPENDENCY_SET needed
  PRE_EXCLUDE_REGEXES "^(libc|libm|libdl|libpthread|librt|ld-linux-[^.]*)\\.so"
  DIRECTORIES ${TORCH_PREFIX}/lib
  LIBRARY DESTINATION lib/espalier)

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
")
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION share/doc/espalier)
