# cmake -C scripts/presets/dev.cmake -S . -B build/dev -G Ninja
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
set(GATEHOUSE_SANITIZE OFF CACHE BOOL "")
