# The three kinds of things this tree builds many of.
set(CMAKE_INSTALL_LIBDIR_LEAT lib/leat/plugins)

# leat_plugin(NAME SOURCES... [LINK libs...]): a shared library that sees the SDK and nothing else of Leat.
function(leat_plugin name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_library(${name} MODULE ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE leat_sdk ${ARG_LINK})
  set_target_properties(${name} PROPERTIES PREFIX "" OUTPUT_NAME leat_${name}
                        LIBRARY_OUTPUT_DIRECTORY ${LEAT_PLUGIN_OUTPUT})
  install(TARGETS ${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR_LEAT})
endfunction()

# leat_test(NAME SOURCES... [LINK libs...] [LABELS l...] [TIMEOUT s] [DEPENDS targets...] [RUN_SERIAL]): a doctest program, run by ctest.
function(leat_test name)
  cmake_parse_arguments(ARG "RUN_SERIAL" "TIMEOUT" "LINK;LABELS;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} doctest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
  if(ARG_RUN_SERIAL)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
  endif()
endfunction()
