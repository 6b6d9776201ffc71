# What an installation has beside libweir (cmake/Library.cmake), in parts: `programs`, `library`, `development`.
install(TARGETS weir weir-mock RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT programs)
install(DIRECTORY fixtures/ DESTINATION ${CMAKE_INSTALL_DATADIR}/weir/fixtures COMPONENT programs
  PATTERN ".*" EXCLUDE # runs of them, and what editors leave
  PATTERN "*.sh" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

# weir says itself what stands in its page, and what a shell completes.
set(printed "")
function(weir_prints file)
  add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/${file}
    COMMAND weir ${ARGN} > ${CMAKE_BINARY_DIR}/${file} DEPENDS weir)
  set(printed ${printed} ${CMAKE_BINARY_DIR}/${file} PARENT_SCOPE)
endfunction()
weir_prints(weir.1 help --man)
weir_prints(weir.bash completion bash)
weir_prints(weir.fish completion fish)
weir_prints(weir.zsh completion zsh)
set(manuals ${CMAKE_BINARY_DIR}/weir.1 ${CMAKE_SOURCE_DIR}/docs/man/weir-mock.1)
set(zsh_folder zsh/site-functions)
if(WEIR_DEBIAN)
  set(zsh_folder zsh/vendor-completions)
  foreach(manual ${manuals})
    get_filename_component(name ${manual} NAME)
    add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/${name}.gz
      COMMAND gzip -9nc ${manual} > ${CMAKE_BINARY_DIR}/${name}.gz DEPENDS ${manual})
    list(APPEND packed ${CMAKE_BINARY_DIR}/${name}.gz)
  endforeach()
  set(manuals ${packed})
endif()
add_custom_target(manual ALL DEPENDS ${printed} ${manuals})

install(FILES ${manuals} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT programs)
foreach(pair "bash;bash-completion/completions;weir" "fish;fish/vendor_completions.d;weir.fish" "zsh;${zsh_folder};_weir")
  list(GET pair 0 shell)
  list(GET pair 1 folder)
  list(GET pair 2 name)
  install(FILES ${CMAKE_BINARY_DIR}/weir.${shell} DESTINATION ${CMAKE_INSTALL_DATADIR}/${folder}
    RENAME ${name} COMPONENT programs)
endforeach()

install(FILES docs/library.md DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libweir-dev COMPONENT development)
install(DIRECTORY docs/examples DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libweir-dev COMPONENT development)
if(WEIR_DEBIAN)
  foreach(pair programs:weir library:libweir${PROJECT_VERSION_MAJOR} development:libweir-dev)
    string(REPLACE ":" ";" pair ${pair})
    list(GET pair 0 part)
    list(GET pair 1 package)
    install(FILES cmake/debian/copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} COMPONENT ${part})
  endforeach()
else()
  install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT programs)
endif()
