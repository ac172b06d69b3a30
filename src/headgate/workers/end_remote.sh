# Ends what the job $id had started here, and says how much of it is left. Fed to `sh -s` behind a line that sets $id.

# The shell that was told to export the mark has it in its words only, all others have it in their environment.
has() {
  cat "/proc/$1/environ" "/proc/$1/cmdline" 2>/dev/null | tr '\0' '\n' |
    grep -q -e "^HEADGATE_JOB=$id\$" -e "^export HEADGATE_JOB=$id;"
}

by_proc() {
  for dir in /proc/[0-9]*; do
    pid=${dir#/proc/}
    [ -e "$dir/exe" ] && [ -r "$dir/environ" ] && has "$pid" && echo "$pid" # others are not ours, or the kernel's
  done
}

by_ps() {
  ps axeww -o pid= -o command= 2>/dev/null | awk -v id="$id" 'index($0, "HEADGATE_JOB=" id) { print $1 }'
}

# What runs with the rights of somebody else cannot be looked into, nor ended: it is left.
raised() {
  login=$(cat /proc/self/loginuid 2>/dev/null) || return 0
  [ "$login" != 4294967295 ] || return 0
  for dir in /proc/[0-9]*; do
    [ ! -r "$dir/environ" ] && read -r name 2>/dev/null <"$dir/comm" || continue
    case $name in sudo | su | doas | pkexec | run0) ;; *) continue ;; esac
    [ "$(cat "$dir/loginuid" 2>/dev/null)" = "$login" ] && echo "${dir#/proc/}"
  done
}

ours() {
  if [ -r /proc/self/environ ]; then by_proc; else by_ps; fi
}

# Which of the processes that were found are still there: looking for all would take too long.
still() {
  if [ -r /proc/self/environ ]; then
    for pid in $left; do has "$pid" && echo "$pid"; done
  else
    by_ps
  fi
}

count() {
  echo $#
}

left=$(ours)
if [ -n "$left" ]; then
  kill -TERM $left 2>/dev/null
  tries=0
  while [ -n "$left" ] && [ $tries -lt 12 ]; do
    sleep 0.25 2>/dev/null || { sleep 1; tries=$((tries + 3)); }
    tries=$((tries + 1))
    left=$(still)
  done
  left=$(ours)
fi
tries=0
while [ -n "$left" ] && [ $tries -lt 5 ]; do
  kill -KILL $left 2>/dev/null
  sleep 0.1 2>/dev/null || sleep 1
  tries=$((tries + 1))
  left=$(ours)
done
echo "headgate-left $(count $left $(raised))"
