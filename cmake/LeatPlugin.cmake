# leat_add_plugin(NAME SOURCES...): a plugin library leat_NAME, in C or C++, that sees Leat's headers and nothing else
# of it. It goes to the build folder; point LEAT_PLUGIN_PATH there, or install it to lib/leat/plugins.
function(leat_add_plugin name)
  add_library(${name} MODULE ${ARGN})
  target_include_directories(${name} SYSTEM PRIVATE $<TARGET_PROPERTY:Leat::sdk,INTERFACE_INCLUDE_DIRECTORIES>)
  set_target_properties(${name} PROPERTIES
    PREFIX "" OUTPUT_NAME leat_${name}
    CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  # Unique symbols would be shared between plugins that were built with different versions of the SDK.
  target_compile_options(${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:$<$<COMPILE_LANGUAGE:CXX>:-fno-gnu-unique>>)
  if(LEAT_PLUGIN_OUTPUT)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${LEAT_PLUGIN_OUTPUT})
  endif()
endfunction()
