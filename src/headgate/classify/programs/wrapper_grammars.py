"""The options of each plain wrapper, from its manual page; one that is not here makes its command doubtful."""

from headgate.classify.programs.grammar import Grammar, grammar

_HELP = "--help --version -h -V "

GRAMMARS: dict[str, Grammar] = {
    "sudo": grammar(
        "-A --askpass -b --background -B --bell -E --preserve-env -e --edit -H --set-home --help -i --login -K"
        " --remove-timestamp -k --reset-timestamp -l --list -n --non-interactive -N --no-update -P --preserve-groups"
        " -s --shell -S --stdin -V --version -v --validate",
        "-u --user -g --group -p --prompt -C --close-from -D --chdir -h --host -R --chroot -T --command-timeout"
        " -U --other-user -r --role -t --type -c --login-class -a --auth-type",
    ),
    "doas": grammar("-n -s -L", "-u -C -a"),
    "nohup": grammar(_HELP),
    "nice": grammar("--help --version", "-n --adjustment", numbers=True),
    "firejail": Grammar(plain=True),
    "ionice": grammar(_HELP + "-t --ignore", "-c --class -n --classdata -p --pid -P --pgid -u --uid"),
    "setsid": grammar(_HELP + "-c --ctty -f --fork -w --wait"),
    "stdbuf": grammar("--help --version", "-i --input -o --output -e --error"),
    "time": grammar(
        "--help --version -V -p --portability -v --verbose -q --quiet -a --append -l -h -c -r -x",
        "-f --format -o --output",
    ),
    "chrt": grammar(
        _HELP + "-b --batch -d --deadline -f --fifo -i --idle -o --other -r --rr -e --ext -a --all-tasks -m --max -R"
        " --reset-on-fork -v --verbose -p --pid -G --reclaim-grub -O --dl-overrun",
        "-T --sched-runtime -P --sched-period -D --sched-deadline",
        passes=1,
    ),
    "exec": grammar("-c -l", "-a"),
    "coproc": Grammar(),
    "builtin": Grammar(),
    "noglob": Grammar(),
    "nocorrect": Grammar(),
    "then": Grammar(),
    "caffeinate": grammar("-d -i -m -s -u", "-t -w"),
    "unbuffer": grammar("-p"),
    "catchsegv": grammar(_HELP),
    "eatmydata": grammar("--help --version"),
    "faketime": grammar(
        "-m -f --exclude-monotonic --help -h -v --version --disable-monotonic", "--date-prog -p", passes=1
    ),
    "taskset": grammar(_HELP + "-a --all-tasks -p --pid -c --cpu-list", passes=1),
    "flock": grammar(
        _HELP + "-s --shared -x -e --exclusive -u --unlock -n --nb --nonblock --nonblocking -o --close -F --no-fork"
        " --verbose --fcntl",
        "-w --wait --timeout -E --conflict-exit-code",
        passes=1,
    ),
    **dict.fromkeys(
        ("setarch", "linux32", "linux64"),
        grammar(
            _HELP + "-B --32bit -F --fdpic-funcptrs -I --short-inode -L --addr-compat-layout -R --addr-no-randomize -S"
            " --whole-seconds -T --sticky-timeouts -X --read-implies-exec -Z --mmap-page-zero -3 --3gb --4gb -v"
            " --verbose --uname-2.6 --show --list",
            "-p --pid",
        ),
    ),
    "unshare": grammar(
        _HELP + "-r --map-root-user -c --map-current-user --map-auto -f --fork --keep-caps",
        "-R --root -w --wd -S --setuid -G --setgid --map-user --map-group --map-users --map-groups --propagation"
        " --setgroups --monotonic --boottime -l --load-interp --owner",
        attached="-m --mount -u --uts -i --ipc -n --net -p --pid -U --user -C --cgroup -T --time --mount-proc"
        " --mount-binfmt --kill-child --forward-signals",
    ),
    "nsenter": grammar(
        _HELP + "-a --all --preserve-credentials --keep-caps -F --no-fork -Z --follow-context -e --env --join-cgroup"
        " -c --user-parent",
        "-t --target -S --setuid -G --setgid -W --wdns -N --net-socket",
        attached="-m --mount -u --uts -i --ipc -n --net -p --pid -C --cgroup -U --user -T --time -r --root -w --wd",
    ),
    "chroot": grammar("--help --version --skip-chdir", "--userspec --groups -u -g -G", passes=1),
    "setpriv": grammar(
        _HELP + "-d --dump --clear-groups --keep-groups --init-groups --list-caps --nnp --no-new-privs --reset-env",
        "--reuid --ruid --euid --regid --rgid --egid --groups --inh-caps --ambient-caps --bounding-set --securebits"
        " --pdeathsig --ptracer --selinux-label --apparmor-profile --landlock-access --landlock-rule --seccomp-filter",
    ),
    "strace": grammar(
        _HELP + "-A --output-append-mode -c --summary-only -C --summary -d --debug -f --follow-forks -ff"
        " --output-separately -F -h -i --instruction-pointer -k --stack-traces -n --syscall-number -N -q -qq -qqq -r -t"
        " -tt -ttt -T -v --no-abbrev -V -w --summary-wall-clock -x -xx -y -yy -z --successful-only -Z --failed-only"
        " --seccomp-bpf -D -DD -DDD --argv0 -Y --always-show-pid --tips --kill-on-exit",
        "-a --columns -b --detach-on -e -E --env -I --interruptible -o --output -O --summary-syscall-overhead -p"
        " --attach -P --trace-path -s --string-limit -S --summary-sort-by -u --user -U --summary-columns -X"
        " --const-print-style --trace --abbrev --verbose --raw --signal --status --read --write --fault --inject",
        attached="--quiet --decode-fds --daemonize --relative-timestamps --absolute-timestamps --syscall-times"
        " --strings-in-hex --decode-pids --stack-trace",
    ),
    "ltrace": grammar(
        _HELP + "-b --no-signals -c -C --demangle -f -h -i -L -r -S -t -tt -ttt -T -V",
        "-a --align -A -D --debug -e -F --config -l --library -n --indent -o --output -p -s -u -w --where -x --max",
    ),
    "torsocks": grammar(
        "-d --debug -h --help -i --isolate -q --quiet --shell --version", "-u --user -p --pass -a --address -P --port"
    ),
    **dict.fromkeys(("proxychains", "proxychains4"), grammar("-q", "-f")),
    "rlwrap": grammar(
        "-c --complete-filenames -d -E -h --help -i --case-insensitive -I --pass-sigint-as-sigterm -k -n"
        " --no-warnings -N --no-children -o --one-shot -r --remember -R -u --mirror-arguments -U -v --version -W"
        " -X --skip-setctty",
        "-b --break-chars -C --command-name -D --history-no-dupes -e --extra-char-after-completion -f --file -g"
        " --forget-matching -H --history-filename -l --logfile -O --only-cook -P --pre-given -q --quote-characters"
        " -Q -s --histsize -S --substitute-prompt -t --set-term-name -w --wait-before-prompt -z --filter -M",
        attached="-a -A -p -m --always-readline --ansi-colour-aware --prompt-colour --multi-line --multi-line-ext"
        " --polling",
    ),
    "runuser": grammar(
        _HELP + "-f --fast -l --login -m -p --preserve-environment -P --pty -T --no-pty",
        "-c --command --session-command -g --group -G --supp-group -s --shell -u --user -w --whitelist-environment",
    ),
}
GRAMMARS["gtime"] = GRAMMARS["time"]
