# weir_layer(NAME FOLDER LINKS ...): the static library weir_NAME of all C files in FOLDER.
# main.c belongs to a program, never to a library.
function(weir_layer name folder)
  cmake_parse_arguments(LAYER "" "" "LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.c)
  list(FILTER sources EXCLUDE REGEX "/main\\.c$")
  add_library(weir_${name} STATIC ${sources})
  target_include_directories(weir_${name} PUBLIC ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/harness)
  target_link_libraries(weir_${name} PUBLIC ${LAYER_LINKS} PRIVATE weir_strict)
  set_target_properties(weir_${name} PROPERTIES LINKER_LANGUAGE C)
endfunction()
