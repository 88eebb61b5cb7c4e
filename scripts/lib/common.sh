# Shared by scripts/up, down, test and check; sourced. Sets `root`, the folder of the project.
# shellcheck shell=bash
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say() { printf '%s\n' "$*"; }

die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# Prints the comment at the top of the calling script.
usage() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; }

random_secret() { openssl rand -hex 24; }

# wait_for SECONDS WHAT COMMAND...: until the command succeeds.
wait_for() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    ((SECONDS < end)) || { printf 'waited in vain for %s\n' "$what" >&2; return 1; }
    sleep 0.05
  done
}

# free_port FIRST: the first port from there on that nobody listens on, on either loopback address.
free_port() {
  /usr/bin/python3 - "$1" <<'PYTHON'
import socket, sys

def is_free(port):
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, port))
        except OSError as error:
            if family == socket.AF_INET or error.errno == 98:
                return False
    return True

print(next(port for port in range(int(sys.argv[1]), 65536) if is_free(port)))
PYTHON
}

# build NAME CMAKE-ARGUMENT... -- TARGET...: in build/NAME, configured by the preset of that name.
build() {
  local folder=$root/build/$1 preset=$root/scripts/presets/$1.cmake flags=() log
  shift
  while [[ $1 != -- ]]; do
    flags+=("$1")
    shift
  done
  shift
  log=$(mktemp)
  if ! cmake -C "$preset" -S "$root" -B "$folder" -G Ninja "${flags[@]}" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    die "cmake failed"
  fi
  rm -f "$log"
  ninja -C "$folder" "$@"
}
