# libweir: the layers behind one header, for programs that are not weir (docs/library.md).
file(STRINGS harness/api/weir.h versions REGEX "^#define WEIR_VERSION_(MAJOR|MINOR|PATCH) ")
list(TRANSFORM versions REPLACE "^.* " "")
string(REPLACE ";" "." versions "${versions}")
if(NOT versions STREQUAL PROJECT_VERSION)
  message(FATAL_ERROR "harness/api/weir.h is of version ${versions}, the project of ${PROJECT_VERSION}")
endif()

# Programs link the layers; only who embeds weir needs this. Its soname is that of the interface: it
# changes when a program built with an older weir.h would not run any more.
add_library(weir_shared SHARED $<TARGET_OBJECTS:weir_api>)
target_link_libraries(weir_shared PRIVATE weir_session)
set_target_properties(weir_shared PROPERTIES OUTPUT_NAME weir LINKER_LANGUAGE C
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
if(NOT APPLE)
  target_link_options(weir_shared PRIVATE
    -Wl,--version-script=${CMAKE_SOURCE_DIR}/harness/api/weir.map -Wl,--no-undefined-version)
  set_target_properties(weir_shared PROPERTIES LINK_DEPENDS ${CMAKE_SOURCE_DIR}/harness/api/weir.map)
endif()

install(TARGETS weir_shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  COMPONENT library NAMELINK_COMPONENT development)
install(FILES harness/api/weir.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
# From the file's own place, so that `cmake --install --prefix` is right as well; a package knows its place.
file(RELATIVE_PATH up /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
string(REGEX REPLACE "/$" "" up "${up}")
set(WEIR_PC_PREFIX "\${pcfiledir}/${up}")
if(WEIR_DEBIAN)
  set(WEIR_PC_PREFIX /usr)
endif()
configure_file(cmake/weir.pc.in weir.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/weir.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
  COMPONENT development)
