# Debian packages of the three parts of an installation: cpack -G DEB, or script/package, which builds for it.
# Dependencies are what dpkg-shlibdeps finds; a service that embeds weir needs no program of it, and who
# runs weir no library.
set(WEIR_MAINTAINER "weir maintainers <maintainers@weir.invalid>" CACHE STRING "Maintainer, as packages name them")

# Each package has the changelog; its first entry must be of the version that is built (tests/library/package).
if(WEIR_DEBIAN)
  configure_file(cmake/debian/changelog.in ${CMAKE_BINARY_DIR}/changelog @ONLY)
  add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/changelog.gz
    COMMAND gzip -9nc ${CMAKE_BINARY_DIR}/changelog > ${CMAKE_BINARY_DIR}/changelog.gz
    DEPENDS ${CMAKE_BINARY_DIR}/changelog)
  add_custom_target(debian-changelog ALL DEPENDS ${CMAKE_BINARY_DIR}/changelog.gz)
  foreach(pair programs:weir library:libweir${PROJECT_VERSION_MAJOR} development:libweir-dev)
    string(REPLACE ":" ";" pair ${pair})
    list(GET pair 0 part)
    list(GET pair 1 package)
    install(FILES ${CMAKE_BINARY_DIR}/changelog.gz DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} COMPONENT ${part})
  endforeach()
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME weir)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT ${WEIR_MAINTAINER})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL programs library development)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_PROGRAMS_PACKAGE_NAME weir)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_RECOMMENDS "ca-certificates, gnuplot-nox")
set(CPACK_COMPONENT_PROGRAMS_DESCRIPTION
"measures LLM workflows: accuracy, latency, cost
Runs the same dataset through a single prompt, a chain, a router, parallel
branches, a vote, an orchestrator with workers and a refinement loop, against a
live API or the bundled mock server, and tells which is more accurate, how much
slower and dearer, and whether the difference is real.")

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libweir${PROJECT_VERSION_MAJOR})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SUGGESTS weir)
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION
"measures LLM workflows, from within a program: shared library
Reads experiments of weir, runs them with callbacks and hands out the results.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libweir-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libweir${PROJECT_VERSION_MAJOR} (= ${PROJECT_VERSION})")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
"measures LLM workflows, from within a program: header and examples
What a program needs to be built with libweir.")
include(CPack)
