# What weir stands on; the reason for each is in docs/architecture.md, the packages that bring
# them are named in script/bootstrap.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(CURL 7.85 REQUIRED)
find_package(SQLite3 3.37 REQUIRED)
pkg_check_modules(LIBUV  REQUIRED IMPORTED_TARGET libuv>=1.42)
pkg_check_modules(FYAML  REQUIRED IMPORTED_TARGET libfyaml)
pkg_check_modules(CJSON  REQUIRED IMPORTED_TARGET libcjson)
pkg_check_modules(PCRE2  REQUIRED IMPORTED_TARGET libpcre2-8)
pkg_check_modules(GSL    REQUIRED IMPORTED_TARGET gsl)
set(WEIR_DEPS_BASE PkgConfig::FYAML PkgConfig::CJSON PkgConfig::PCRE2 Threads::Threads m)

# Debian 12 packages http_parser; its successor llhttp is not in that release.
find_path(HTTP_PARSER_INCLUDE http_parser.h REQUIRED)
find_library(WEIR_HTTP_PARSER http_parser REQUIRED)
