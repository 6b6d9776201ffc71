# The strict flags, known to gcc >= 10 and clang >= 12. -Wconversion is what catches a size_t that
# silently becomes an int; -Wvla guards the small fiber stacks.
add_library(weir_strict INTERFACE)
target_compile_options(weir_strict INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wconversion -Wcast-qual -Wundef -Wformat=2
  -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wpointer-arith
  -Wwrite-strings -Wimplicit-fallthrough -Wdouble-promotion)
if(WEIR_WERROR)
  target_compile_options(weir_strict INTERFACE -Werror)
endif()
target_compile_definitions(weir_strict INTERFACE _GNU_SOURCE WEIR_VERSION="${PROJECT_VERSION}")
