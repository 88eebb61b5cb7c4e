# Starting, finding and ending the processes of one stack; sourced. Needs `dir`, the stack's folder.
#
# Every service leads a session of its own and has its working directory inside `dir`. A pid file is
# believed only where the process is such a one: pids are reused, and other stacks, and the system's
# own servers, run the same programs.
# shellcheck shell=bash disable=SC2154

# stat_fields PID: sets state, parent and session; false where there is no such process.
stat_fields() {
  local line
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
  # The name in parentheses may hold anything, so count from its end.
  read -r state parent _ session _ <<<"${line##*) }"
}

is_ours() {
  local cwd
  cwd=$(readlink "/proc/$1/cwd" 2>/dev/null) || return 1
  [[ $cwd == "$dir" || $cwd == "$dir"/* ]]
}

recorded_pid() { cat "$dir/run/$1.pid" 2>/dev/null || echo 0; }

# alive NAME: the service's leading process lives.
alive() {
  local pid state parent session
  pid=$(recorded_pid "$1")
  ((pid > 1)) && stat_fields "$pid" && [[ $state != Z && $session == "$pid" ]] && is_ours "$pid"
}

# children_of PID: those that live, in order.
children_of() {
  local stat state parent session
  for stat in /proc/[0-9]*/stat; do
    stat=${stat%/stat}
    if stat_fields "${stat#/proc/}" && [[ $parent == "$1" && $state != Z ]]; then
      echo "${stat#/proc/}"
    fi
  done | sort -n
}

# members NAME: the leader and what it left behind: nginx's workers and the workers of a pool
# outlive the process that watches over them.
members() {
  local leader stat state parent session
  leader=$(recorded_pid "$1")
  ((leader > 1)) || return 0
  for stat in /proc/[0-9]*/stat; do
    stat=${stat%/stat}
    if stat_fields "${stat#/proc/}" && [[ $session == "$leader" && $state != Z ]] &&
      is_ours "${stat#/proc/}"; then
      echo "${stat#/proc/}"
    fi
  done
}

no_members() { [[ -z $(members "$1") ]]; }

signal_members() {
  local pid
  # A process may end between being listed and being signalled.
  for pid in $(members "$2"); do kill -"$1" "$pid" 2>/dev/null || true; done
}

# start NAME COMMAND...: in the background, with its output in log/NAME.err.
start() {
  local name=$1
  shift
  stop "$name"
  (
    cd "$dir" || exit 1
    ulimit -c 0  # a core dump would hold secrets
    exec setsid "$@" </dev/null >>"$dir/log/$name.err" 2>&1 9>&-
  ) &
  echo $! >"$dir/run/$name.pid"
  started+=("$name")
}

# stop NAME: gracefully, and after a while not.
stop() {
  local leader
  if alive "$1"; then
    leader=$(recorded_pid "$1")
    # CONT: a test may have frozen it.
    kill -TERM "$leader" 2>/dev/null || true
    kill -CONT "$leader" 2>/dev/null || true
    wait_for 20 "the end of $1" no_members "$1" || true
  fi
  signal_members TERM "$1"
  signal_members CONT "$1"
  wait_for 3 "the rest of $1" no_members "$1" 2>/dev/null || signal_members KILL "$1"
  wait_for 5 "the end of $1" no_members "$1"
  rm -f "$dir/run/$1.pid"
}
