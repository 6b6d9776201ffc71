# cmake -DNAME= -DROOT= -DFILES=a,b -DOUTPUT= -P EmbedFiles.cmake: see Embed.cmake.
string(REPLACE "," ";" FILES "${FILES}")
set(bytes "")
set(rows "")
set(place 0)
foreach(file ${FILES})
  file(READ ${ROOT}/${file} hex HEX)
  string(LENGTH "${hex}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "(..)" "0x\\1," hex "${hex}")
  # An array of no elements is no C; the byte is not counted.
  string(APPEND bytes "static const unsigned char bytes_${place}[] = {${hex}0};\n")
  execute_process(COMMAND test -x ${ROOT}/${file} RESULT_VARIABLE not_program)
  if(not_program EQUAL 0)
    set(program true)
  else()
    set(program false)
  endif()
  string(APPEND rows "    {\"${file}\", {(const char *)bytes_${place}, ${size}}, ${program}},\n")
  math(EXPR place "${place} + 1")
endforeach()
file(WRITE ${OUTPUT}
  "/* Made by cmake/EmbedFiles.cmake. */\n#include \"base/embedded.h\"\n\n${bytes}\n"
  "const struct embedded ${NAME}[] = {\n${rows}    {0},\n};\n")
