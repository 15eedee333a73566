#!/bin/sh
# The command `aitrack`: finds the interpreter that it was installed with and becomes it.
#
# It is a wheel script rather than an entry point, since pip's entry points import half the
# standard library, run the user's sitecustomize and obey every PYTHON* variable. Only builtins
# are used, so that this costs one millisecond.
#
# What Python's start and this shell would destroy is told to it in $note:
# - whether SIGPIPE and SIGXFSZ were at their defaults (a shell cannot trap a signal that was
#   ignored when it started),
# - the descriptor where the caller's stderr waits until Python can no longer print a traceback
#   about a signal that comes during its start,
# - a descriptor that keeps a copy of this shell alive, in whose /proc/PID/environ the caller's
#   environment stands as it was: dash drops names that it could not use itself and sets PWD.

self=$0
while [ -L "$self" ]; do
  link=$(readlink "$self") || exit 125
  case $link in
    /*) self=$link ;;
    *) self=${self%/*}/$link ;;
  esac
done
bin=${self%/*}

# The package: beside this script's folder, or where an editable installation's .pth points.
root=
for site in "$bin"/../lib/python3*/site-packages "$bin"/../local/lib/python3*/dist-packages "$bin"/../lib/python3*/dist-packages; do
  if [ -f "$site/aitrack/__main__.py" ]; then
    root=$site
    break
  fi
  for pth in "$site"/_aitrack.pth "$site"/_editable_impl_aitrack.pth "$site"/__editable__.aitrack*.pth; do
    [ -f "$pth" ] || continue
    read -r root <"$pth" || : # a last line without a newline
    [ -f "$root/aitrack/__main__.py" ] && break 2
    root=
  done
done
if [ -z "$root" ]; then
  echo "aitrack: the package is not installed beside \`$self\`" >&2
  exit 125
fi

# The interpreter: the one of this environment, else the one of the version that owns the package.
version=${site%/*}
version=${version##*/}
python=$bin/python
[ -x "$python" ] || python=$bin/$version
[ -x "$python" ] || python=$(command -v "$version") || python=$(command -v python3) || {
  echo "aitrack: no interpreter for \`$site\`" >&2
  exit 125
}

case ${1-} in
  run) ;;
  *) exec "$python" -I -X utf8 "$root/aitrack/__main__.py" --launched "" "$site" "$@" ;;
esac

# Says whether the environment is not what it was: its length, as the kernel has it (fields 50 and 51
# of stat), differs from that of the variables which this shell will pass on. A line of `export -p`
# is nine signs longer than the entry, and longer still where a value needs quoting: then we keep.
needs_keeper() {
  read -r stat </proc/$$/stat || return 1
  listed=$(export -p)
  set -f
  set -- ${stat##*) }
  before=$((${49} - ${48}))
  IFS='
'
  set -- $listed
  set +f
  unset IFS
  [ $((${#listed} + 1 - 9 * $#)) -ne "$before" ]
}

trap 'pipe=default' PIPE 2>/dev/null && kill -PIPE $$ && trap - PIPE
trap 'xfsz=default' XFSZ 2>/dev/null && kill -XFSZ $$ && trap - XFSZ
note=${pipe:-ignored},${xfsz:-ignored}
[ -e /proc/self/fd/2 ] && parked= || parked=none
keeper=
if needs_keeper; then keeper=wanted; fi
for fd in 9 8 7 6 5 4 3; do
  [ -e /proc/self/fd/$fd ] && continue
  if [ -z "$parked" ]; then parked=$fd; elif [ "$keeper" = wanted ]; then keeper=$fd; else break; fi
done
[ "$keeper" != wanted ] || keeper=
note=$note,$parked,$keeper
[ "${parked:-none}" = none ] || eval "exec $parked>&2 2>&-"
if [ -n "$keeper" ]; then
  # A here-document that does not fit into a pipe is written by a forked shell, which waits for a
  # reader and dies with the last one. Python lets go of it as soon as it has read the environment.
  wide=................................................................
  wide=$wide$wide$wide$wide$wide$wide$wide$wide$wide$wide$wide$wide$wide$wide$wide$wide
  wide=$wide$wide$wide$wide$wide$wide$wide$wide$wide$wide$wide$wide$wide$wide$wide$wide
  eval "exec $keeper<<EOF
$wide$wide$wide$wide$wide
EOF"
fi

# All of the run path in one file, once the first run has written it; see aitrack/frozen.py.
main=$root/aitrack/__pycache__/run_path.cpython-3${version#python3.}.pyc
[ -f "$main" ] || main=$root/aitrack/__main__.py
exec "$python" -I -S -X utf8 -X no_debug_ranges "$main" --launched "$note" "$site" "$@"
