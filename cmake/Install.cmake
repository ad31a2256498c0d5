# cmake --install: the host, its plugins, what plugins and embedders are built with, the systemd unit.
include(CMakePackageConfigHelpers)

set(LEAT_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/Leat)
set(LEAT_PLUGIN_DIR ${CMAKE_INSTALL_LIBDIR_LEAT})

install(DIRECTORY core/include/leat DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY core/embed/leat DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")

set_target_properties(leat_sdk PROPERTIES EXPORT_NAME sdk)
install(TARGETS leat_sdk EXPORT LeatTargets)
install(EXPORT LeatTargets NAMESPACE Leat:: DESTINATION ${LEAT_CMAKE_DIR})

set_target_properties(leat_core PROPERTIES OUTPUT_NAME leat EXPORT_NAME host)
install(TARGETS leat_core EXPORT LeatHostTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT LeatHostTargets NAMESPACE Leat:: DESTINATION ${LEAT_CMAKE_DIR})

configure_package_config_file(cmake/LeatConfig.cmake.in ${CMAKE_BINARY_DIR}/LeatConfig.cmake
  INSTALL_DESTINATION ${LEAT_CMAKE_DIR} PATH_VARS LEAT_PLUGIN_DIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/LeatConfigVersion.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${CMAKE_BINARY_DIR}/LeatConfig.cmake ${CMAKE_BINARY_DIR}/LeatConfigVersion.cmake cmake/LeatPlugin.cmake
  DESTINATION ${LEAT_CMAKE_DIR})

configure_file(packaging/leat.service.in ${CMAKE_BINARY_DIR}/leat.service @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/leat.service DESTINATION lib/systemd/system)
install(FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs)
