# weir_layer(NAME FOLDER LINKS ... [PROGRAM]): the static library weir_NAME of all C files in FOLDER.
# main.c belongs to a program, never to a library. What is no PROGRAM's alone is a part of libweir too: its
# objects are compiled once, for both, with no name visible. initial-exec keeps what a thread has of its
# own as near as in a program; a library that is loaded late has room for the few pointers that those are.
function(weir_layer name folder)
  cmake_parse_arguments(LAYER "PROGRAM" "" "LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.c)
  list(FILTER sources EXCLUDE REGEX "/main\\.c$")
  add_library(weir_${name} STATIC ${sources})
  target_include_directories(weir_${name} PUBLIC ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/harness)
  target_link_libraries(weir_${name} PUBLIC ${LAYER_LINKS} PRIVATE weir_strict)
  set_target_properties(weir_${name} PROPERTIES LINKER_LANGUAGE C)
  if(NOT LAYER_PROGRAM)
    set_target_properties(weir_${name} PROPERTIES
      POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden)
    target_compile_options(weir_${name} PRIVATE -ftls-model=initial-exec)
  endif()
endfunction()
