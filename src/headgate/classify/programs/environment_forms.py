"""How each program of an environment names what it starts, from its manual."""

import msgspec

from headgate.classify.programs.grammar import Grammar, grammar
from headgate.classify.programs.options import words_of


class Form(msgspec.Struct, frozen=True):
    """How a program names what it starts: its options, its subcommands that start, and the options that hold a text.

    *passes* is how many words stand behind the subcommand before the command; without one a program that *opens*
    gives a person a shell; *assigns* says that `NAME=value` may stand before the command, *joins* that it is a text.
    """

    rules: Grammar = Grammar()
    verbs: frozenset[str] = frozenset()
    texts: tuple[str, ...] = ()
    passes: int = 0
    opens: bool = False
    assigns: bool = False
    joins: bool = False


_PLAIN = Form(Grammar(plain=True))
_GKSU = Form(
    grammar(
        "-k -w -l -g -d --debug --preserve-env --login --su-mode --sudo-mode", "-u --user -m --message -D --description"
    )
)
FORMS = {
    **dict.fromkeys(words_of("prime-run optirun primusrun dbus-run-session torify tsocks fakechroot distcc"), _PLAIN),
    **dict.fromkeys(words_of("pfexec annotate-output switcherooctl-launch gamemoderun mangohud with-contenv"), _PLAIN),
    "sshpass": Form(grammar("-e -h -v -V", "-p -f -d -P")),
    "pkexec": Form(grammar("--help --version --disable-internal-agent --keep-cwd", "--user -u")),
    "run0": Form(
        grammar(
            "--help --version -h -V --no-ask-password --slice-inherit --pty --pipe -i --via-shell --empower",
            "-u --user -g --group -D --chdir --nice --setenv --unit --property --background --description --slice"
            " --shell-prompt-prefix --lightweight --area -a",
        ),
        opens=True,
    ),
    "dzdo": Form(grammar("-A -b -E -H -h -i -K -k -l -n -P -S -s -V -v", "-u -g -p -C -r -t -R"), assigns=True),
    "please": Form(
        grammar("-l --list -w --warm -p --purge -n --noprompt", "-t --target -g --group -d --dir -r --reason -a")
    ),
    "gksudo": _GKSU,
    "gksu": _GKSU,
    "kdesu": Form(grammar("-d -n -s -t --noignorebutton", "-u -i -p -c -f"), texts=("-c",)),
    **dict.fromkeys(words_of("gosu su-exec setuidgid s6-setuidgid envdir s6-envdir"), Form(grammar("-i"), passes=1)),
    "logsave": Form(grammar("-a -s -v"), passes=1),
    "chpst": Form(grammar("-v -V -P -0 -1 -2", "-u -U -e -/ -n -l -L -m -d -o -p -f -c -t -C -b")),
    "softlimit": Form(grammar("", "-a -c -d -f -l -m -o -p -r -s -t")),
    "fakeroot": Form(grammar("-u --unknown-is-real -h --help -v --version", "-l --lib --faked -s -i -b"), opens=True),
    "dbus-launch": Form(
        grammar(
            "--help --version --sh-syntax --csh-syntax --auto-syntax --binary-syntax --close-stderr",
            "--config-file --autolaunch",
            attached="--exit-with-session --exit-with-x11",
        )
    ),
    "xvfb-run": Form(
        grammar(
            "-a --auto-servernum -h --help -l --listen-tcp --no-listen-tcp",
            "-e --error-file -f --auth-file -n --server-num -p --xauth-protocol -s --server-args -w --wait",
        )
    ),
    "tini": Form(grammar("-h -s -g -w -v -vv -vvv --version", "-p -e")),
    "dumb-init": Form(grammar("-c --single-child -v --verbose -h -V", "-r --rewrite")),
    "cgexec": Form(grammar("--sticky", "-g")),
    "cpulimit": Form(
        grammar(
            "-v --verbose -z --lazy -i --include-children --background --kill --monitor-forks --foreground -h -q"
            " -k -b -f",
            "-l --limit -p --pid -e --exe -P --path",
        )
    ),
    "valgrind": _PLAIN,
    "heaptrack": Form(grammar("-r --raw --record-only -d --debug", "-o --output -p --pid -i --interpret -a --analyze")),
    "systemd-inhibit": Form(
        grammar("--list --help -h --version --no-pager --no-legend --no-ask-password", "--what --who --why --mode")
    ),
    "numactl": Form(
        grammar(
            "-s --show -H --hardware -l --localalloc -a --all --balancing -b",
            "-i -m -N -C -p -P --interleave --membind --cpunodebind --physcpubind --preferred --preferred-many -w"
            " --weighted-interleave",
        )
    ),
    "schedtool": Form(grammar("-N -F -R -B -I -D -v", "-M -p -n -a -e")),
    "proot": Form(
        grammar(
            "-0 --root-id --help -h --usage --version -V --about",
            "-r --rootfs -R -S -b --bind -m --mount -w --cwd --pwd -q --qemu -k --kernel-release -v --verbose -i"
            " --change-id",
            long_dash=True,
        ),
        opens=True,
    ),
    "cross-env": Form(assigns=True),
    "cross-env-shell": Form(assigns=True, joins=True),
    "env-cmd": Form(
        grammar(
            "--no-override --silent --use-shell -x --expand-envs --fallback -r --recursive --verbose",
            "-f --file -e --environments --rc-file",
        )
    ),
    "perf": Form(
        grammar(
            "-g -a --all-cpus -v --verbose -d --detailed -i --no-inherit -B --big-num -A --no-aggr -n --null -q -S -s"
            " --summary -T --time -W --per-core --per-socket --null --delta -R --group -x --quiet --tail-synthesize"
            " --call-graph-unused --metric-only --append --timestamp --all-user --all-kernel",
            "-e --event -o --output -p --pid -F --freq -r --repeat -C --cpu -t --tid -D --delay -I --interval-print -M"
            " --metrics --call-graph -c --count -m --mmap-pages -G --cgroup -u --uid --filter --duration -x",
        ),
        verbs=words_of("stat record trace mem kvm lock sched ftrace c2c"),
    ),
    "rr": Form(
        grammar("-h --chaos -u --no-syscall-buffer -w --wait", "-o --output-trace-dir -n -s -c -v --env -p"),
        verbs=frozenset({"record"}),
    ),
    "chamber": Form(
        grammar("--pristine --strict -v --verbose", "-b --backend -r --retries"), verbs=frozenset({"exec"})
    ),
    "infisical": Form(
        grammar("--watch --silent --expand", "--env --path --projectId --token --command --tags --domain -c"),
        verbs=frozenset({"run"}),
        texts=("--command",),
    ),
    "mirrord": Form(
        grammar(
            "--fs-mode-unused --steal --no-telemetry --no-udp", "-t --target -n --target-namespace -f --config-file"
        ),
        verbs=frozenset({"exec"}),
    ),
    "doppler": Form(
        grammar(
            "--preserve-env --fallback-only --no-fallback --watch",
            "-p --project -c --config -t --token --mount"
            " --scope --command --name-transformer --fallback --mount-format",
        ),
        verbs=frozenset({"run"}),
        texts=("--command",),
    ),
    **dict.fromkeys(
        ("op", "teller", "berglas"),
        Form(
            grammar("--no-masking --cache", "--env-file --account --config -c --session --local"),
            verbs=words_of("run exec"),
        ),
    ),
    **dict.fromkeys(
        ("aws-vault", "aws-okta", "saml2aws"),
        Form(
            grammar(
                "-n --no-session -s --server --ec2-server --ecs-server --json --debug --prompt --lazy --stdout -j"
                " --skip-prompt",
                "-d --duration -t --mfa-token --region --backend --idp-account -a --role --exec-profile",
            ),
            verbs=frozenset({"exec"}),
            passes=1,
            opens=True,
        ),
    ),
    "envconsul": Form(
        grammar(
            "-upcase -pristine -once -sanitize -no-prefix -vault-renew-token",
            "-prefix -secret -config -consul-addr -vault-addr -vault-token -log-level -max-stale -wait -kill-signal",
            long_dash=True,
        )
    ),
    "envchain": Form(grammar("-n --noecho -p -r --require-passphrase"), passes=1),
    "nvm": Form(grammar("--silent --no-use"), verbs=frozenset({"exec"}), passes=1),
    "pixi": Form(
        grammar("--frozen --locked -q -v --clean-env --skip-deps", "-e --environment --manifest-path"),
        verbs=words_of("run exec"),
    ),
}
