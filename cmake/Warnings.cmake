# The strict flags, known to gcc >= 10 and clang >= 12. -Wconversion is what catches a size_t that
# silently becomes an int; -Wvla guards the small fiber stacks.
add_library(weir_strict INTERFACE)
target_compile_options(weir_strict INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wconversion -Wcast-qual -Wundef -Wformat=2
  -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wpointer-arith
  -Wwrite-strings -Wimplicit-fallthrough -Wdouble-promotion)
# clang 19 has in -Wextra what takes `enum { TRIALS = 40 };` for an enumeration and no integer constant when
# it meets a double; C17 says int (6.4.4.3).
include(CheckCCompilerFlag)
check_c_compiler_flag(-Wenum-float-conversion WEIR_HAS_ENUM_FLOAT)
if(WEIR_HAS_ENUM_FLOAT)
  target_compile_options(weir_strict INTERFACE -Wno-enum-float-conversion)
endif()
if(WEIR_WERROR)
  target_compile_options(weir_strict INTERFACE -Werror)
endif()
target_compile_definitions(weir_strict INTERFACE _GNU_SOURCE WEIR_VERSION="${PROJECT_VERSION}")
