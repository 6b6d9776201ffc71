# weir_embed(TARGET NAME ROOT FILE...): puts files into a program, as the table
# `const struct embedded NAME[]` of base/embedded.h. FILEs are paths below ROOT, and are named so in
# the table. The table is written again when one of them changes.
function(weir_embed target name root)
  set(generated ${CMAKE_BINARY_DIR}/embedded/${name}.c)
  set(files ${ARGN})
  list(SORT files)
  list(TRANSFORM files PREPEND ${root}/ OUTPUT_VARIABLE paths)
  string(REPLACE ";" "," listed "${files}")
  add_custom_command(OUTPUT ${generated}
    COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DROOT=${root} -DFILES=${listed} -DOUTPUT=${generated}
            -P ${CMAKE_SOURCE_DIR}/cmake/EmbedFiles.cmake
    DEPENDS ${paths} ${CMAKE_SOURCE_DIR}/cmake/EmbedFiles.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${generated})
endfunction()
