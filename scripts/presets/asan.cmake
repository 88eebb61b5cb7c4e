# cmake -C scripts/presets/asan.cmake -S . -B build/asan -G Ninja
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1" CACHE STRING "")
set(GATEHOUSE_SANITIZE ON CACHE BOOL "")
