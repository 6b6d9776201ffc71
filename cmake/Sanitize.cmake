# Sanitizers for the whole build. Frame pointers make their reports readable; undefined behaviour
# ends the program, or a test would pass over it.
if(WEIR_SANITIZE)
  add_compile_options(-fsanitize=${WEIR_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=${WEIR_SANITIZE})
endif()
if(WEIR_COVERAGE)
  add_compile_options(--coverage -O0)
  add_link_options(--coverage)
endif()
