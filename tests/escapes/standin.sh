#!/bin/sh
# The marked program as a script; standin.c says what it is for. It starts nothing: only words of the shell.
filters='?' up='' parent=1 tab='	'
while read -r name value; do
  case $name in
    Seccomp_filters:) filters=$value ;;
    PPid:) parent=$value ;;
  esac
done </proc/self/status
while [ "$parent" -gt 1 ] && read -r stat <"/proc/$parent/stat"; do
  IFS= read -r words <"/proc/$parent/cmdline"
  comm=${stat#*\(}
  up="$up|$parent ${comm%\)*} $words"
  stat=${stat##*\) }
  stat=${stat#* }
  parent=${stat%% *}
done 2>/dev/null
echo "argv=$0 $*${tab}pid=$$${tab}cwd=$PWD${tab}filters=$filters${tab}job=${HEADGATE_JOB-}${tab}ancestors=$up" >>"MARK"
