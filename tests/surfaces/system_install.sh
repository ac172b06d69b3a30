# Runs below `unshare --mount`: what it writes into /etc, /var/lib, /home and /opt goes with the namespace.
# Arguments: the repository, the folder of the programs, the folder of the packages, a folder for files.
set -u
tree=$1 programs=$2 packages=$3 work=$4
cover() {
    mkdir -p "$work/$1" && { [ "${2-}" != copy ] || cp -a "/$1/." "$work/$1/"; } && mkdir -p "/$1" && mount --bind "$work/$1" "/$1"
}
mount -t tmpfs -o mode=0755 tmpfs "$work" || exit 1
cover etc copy && cover var/lib && cover home && cover opt || exit 1
rm -rf /etc/headgate /etc/claude-code
chmod 755 /opt /home /var/lib

/usr/bin/python3 -m venv --without-pip /opt/gate
site=$(echo /opt/gate/lib/python3*/site-packages)
printf '%s\n' "$packages" > "$site/packages.pth"
mkdir /opt/packages && mount --bind "$packages" /opt/packages && echo /opt/packages > "$site/packages.pth"
cp -a "$tree/src/headgate" "$site/"
cp "$programs/headgate-hook" "$programs/headgate-shim" /opt/gate/bin/
printf '#!/opt/gate/bin/python\nimport sys\nfrom headgate.__main__ import main\nsys.exit(main())\n' > /opt/gate/bin/headgate
chmod 755 /opt/gate/bin/*
chown -R root:root /opt/gate

useradd --create-home --shell /bin/bash alice
chmod 700 /home/alice
home=/var/lib/headgate/alice
gate() { /opt/gate/bin/headgate --home $home "$@"; }
as() { setpriv --reuid alice --regid alice --init-groups env HOME=/home/alice USER=alice PATH="/opt/gate/bin:/usr/bin:/bin" "$@"; }
call() {
    /usr/bin/python3 -c 'import json, sys
print(json.dumps({"hook_event_name": "PreToolUse", "session_id": "s", "cwd": "/home/alice/w", "tool_name": "Bash",
                  "tool_use_id": sys.argv[2], "tool_input": {"command": sys.argv[1]}}))' "$1" "$2"
}

echo; echo "== dry"
/opt/gate/bin/headgate install --system --user alice --dry-run
ls -d /etc/headgate /var/lib/headgate 2>/dev/null || echo nothing there
echo; echo "== install"
/opt/gate/bin/headgate install --system --user alice
owner=$(id -u headgate)
rights=+setuid,+setgid,+kill,+chown
setpriv --reuid "$owner" --regid "$(id -g headgate)" --clear-groups --inh-caps=$rights --ambient-caps=$rights \
    /opt/gate/bin/headgate --home $home serve --for alice > "$work/log" 2>&1 &
for _ in $(seq 1200); do [ -S $home/daemon.sock ] && break; sleep 0.05; done
hook() { as timeout 60 headgate-hook --home $home claude-code decide "$@"; echo " status $?"; }
delegated() {
    call "$1" "$2" | as timeout 60 headgate-hook --home $home claude-code decide --owner "$owner" |
        /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)["hookSpecificOutput"]["updatedInput"]["command"])'
}
as mkdir /home/alice/w /home/alice/bin
as sh -c 'echo "echo hi" > /home/alice/w/light.sh; echo "headgate stop" > /home/alice/w/heavy.sh'

echo; echo "== light"
call "sh light.sh" t1 | hook --owner "$owner"
echo; echo "== read"
call "sh heavy.sh" t2 | hook --owner "$owner"
echo; echo "== owner"
call "ls" t3 | hook --owner 54321 2>&1
echo; echo "== job"
as sh -c 'printf "#!/bin/sh\nid; echo MARK=\$MARK HOME=\$HOME; grep Cap /proc/self/status\n" > /home/alice/bin/ssh; chmod +x /home/alice/bin/ssh'
command=$(delegated "ssh web1 'systemctl restart x'" t4)
as env MARK=alices PATH="/home/alice/bin:/opt/gate/bin:/usr/bin:/bin" bash -c "cd /home/alice/w; $command"
for _ in $(seq 100); do as headgate jobs | grep -q "job 1 succeeded" && break; sleep 0.1; done
as headgate job 1
echo; echo "== tries"
pid=$(as headgate status --json | /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)["pid"])')
as cat $home/gate.key $home/headgate.db 2>&1
as cat "/proc/$pid/environ" 2>&1
as sh -c "kill -9 $pid" 2>&1
as sh -c 'echo LEAKED > /etc/headgate/policy.toml' 2>/dev/null
echo; echo "== stop"
as headgate stop 2>&1
echo; echo "== cancel"
nap="sleep 600.$$"  # other tests may have a user of the same number, who sleeps too
as sh -c "printf '#!/bin/sh\n$nap\n' > /home/alice/bin/ssh"
command=$(delegated "ssh web2 'systemctl restart x'" t5)
as env PATH="/home/alice/bin:/opt/gate/bin:/usr/bin:/bin" bash -c "cd /home/alice/w; $command" > /dev/null
as headgate cancel 2
echo "$(pgrep -u alice -f -c "^$nap") left"
echo; echo "== link"
as sh -c "rm -f $home/jobs/1/out.log; ln -s $home/gate.key $home/jobs/1/out.log"
{ as headgate job 1; gate job 1; } 2>&1 | grep "KEY" || echo nothing leaked
echo; echo "== her"
as script -qec "headgate authority status" /dev/null < /dev/null
echo; echo "== root"
script -qec "/opt/gate/bin/headgate --home $home authority status" /dev/null < /dev/null
echo; echo "== stranger"
setpriv --reuid 65534 --regid 65534 --clear-groups /opt/gate/bin/headgate --home $home jobs 2>&1
setpriv --reuid 65534 --regid 65534 --clear-groups /opt/gate/bin/headgate --home $home approvals 2>&1
echo; echo "== doctor"
gate doctor --user alice --json
echo; echo "== uninstall"
/opt/gate/bin/headgate uninstall --system --user alice
gate stop
echo; echo "== log"
cat "$work/log"
