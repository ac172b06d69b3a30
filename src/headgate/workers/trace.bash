# Read by bash before the text of a job (BASH_ENV): what it runs is written to descriptor 63; all else stays as it is.
unset BASH_ENV
if { : >&63; } 2>/dev/null && [[ $- != *[axu]* ]] && ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 401)); then
  PS4='+headgate ' BASH_XTRACEFD=63
  set -x
fi
: "$BASH"
