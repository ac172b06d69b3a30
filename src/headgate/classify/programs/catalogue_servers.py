"""Servers, tunnels and watchers: they run until they are stopped, but for the words that only ask or set up."""

from headgate.classify.programs.catalogue import (
    FETCH,
    ORDINARY,
    SCREEN,
    TUNNEL,
    WATCHES,
    WINDOW,
    WORK,
    Kind,
    Program,
    given,
    rows,
    tool,
    unless,
    when,
)
from headgate.classify.programs.options import words_of
from headgate.classify.programs.verbs import DEPLOY, DESTROY, LIGHT, RESTART, SERVE, SETTING, verbs

_NETWORK = rows(
    (SERVE, "agate azurite beanstalkd cockpit-tls cockpit-ws confettysh darkhttpd docker_start_server.sh"),
    (SERVE, "ganache-cli http-server-upload ippeveprinter jhat koboldcpp calibre-server hledger-web kismet"),
    (SERVE, "ArkAscendedServer DedicatedServer"),
    (
        Kind(
            does=SERVE,
            options=given(
                (ORDINARY, "-s=status --service=status -s=install -s=uninstall --service=install --service=uninstall"),
                (RESTART, "-s --service"),
                (ORDINARY, "--check-config -v"),
            ),
            valued=words_of("-s --service -c --config -w --work-dir -h --host -p --port -l --logfile"),
        ),
        "AdGuardHome",
    ),
    (
        Kind(
            does=RESTART,
            options=given((ORDINARY, "-x"), (SCREEN, "-r -R"), (SERVE, "-c -f"), (ORDINARY, "-V")),
            valued=words_of("-C -L -M -U -G -s -x"),
        ),
        "asterisk",
    ),
    (Kind(does=SERVE, options=given((ORDINARY, "-version"), (RESTART, "-daemon")), long_dash=True), "bitcoind"),
    (tool((SERVE, "agent"), (LIGHT, "config, upload, client:config, agent:config")), "blackfire"),
    (
        tool(
            (TUNNEL, "local"),
            (SERVE, "server"),
            valued="--to -t --local-host -l --port -p --secret -s",
            at=("--to", "-t"),
        ),
        "bore",
    ),
    (tool((SERVE, "server"), (WORK, "url, file, pipe, sxss"), does=ORDINARY), "dalfox"),
    (tool((SERVE, "serve")), "charm"),
    (tool((SERVE, "server")), "cake"),
    (Kind(options=given((SERVE, "-dedicated")), does=WINDOW, long_dash=True), "cs2"),
    (tool((SERVE, "serve"), (LIGHT, "init, generate")), "docsify"),
    (tool((SERVE, "share, serve"), (LIGHT, "token, default-server, servers, default-domain"), bare=SERVE), "expose"),
    (
        Kind(
            does=WINDOW,
            options=given(
                (SERVE, "--start-server --start-server-load-latest --start-server-load-scenario"),
                (WORK, "--benchmark"),
                (ORDINARY, "--create --generate-map-preview"),
            ),
        ),
        "factorio",
    ),
    (tool((SERVE, "run, dev"), (DEPLOY, "deploy")), "fastapi"),
    (
        tool(
            (LIGHT, "config, users, cmds, rules, hash, version"),
            does=SERVE,
            valued=(
                "-a --address -p --port -r --root -d --database -c --config -b --baseURL -l --log --username"
                " --password --img-processors"
            ),
        ),
        "filebrowser",
    ),
    (
        Kind(
            does=ORDINARY,
            table=verbs((SERVE, "daemon start"), (RESTART, "daemon stop, daemon reload"), (WORK, "execute")),
            options=given((RESTART, "-d --daemonize")),
            valued=words_of("-c -l --loglevel -L"),
        ),
        "flexget",
    ),
    (
        tool(
            (RESTART, "start, stop, stopall, restart, restartall"),
            (LIGHT, "list, config, set, clear, logs, columns, cleanlogs"),
            does=SERVE,
            valued="-m -l -o -e -c --uid --minUptime --spinSleepTime --sourceDir --workingDir",
        ),
        "forever",
    ),
    (
        tool(
            (LIGHT, "verify, completion"),
            (RESTART, "reload, stop"),
            does=TUNNEL,
            bare=TUNNEL,
            valued="-c --config",
            at=(),
        ),
        "frpc",
    ),
    (tool((LIGHT, "verify, completion"), does=SERVE, bare=SERVE, valued="-c --config"), "frps"),
    (
        Kind(
            does=SERVE,
            table=verbs(
                (SCREEN, "attach, console, account new, account import, account update"),
                (LIGHT, "version, license, account list, dumpconfig, dumpgenesis, show-deprecated-flags"),
                (WORK, "import, export, init, snapshot, dump, verkle"),
                (DESTROY, "removedb"),
            ),
            options=given((ORDINARY, "--exec -exec")),
            valued=words_of("--datadir --exec --networkid --port --http.port --keystore --syncmode"),
        ),
        "geth",
    ),
    (
        tool(
            (RESTART, "start, stop, restart"),
            (FETCH, "install, setup"),
            (DEPLOY, "update"),
            (DESTROY, "uninstall"),
            (SERVE, "run"),
            (SETTING, "config, import, export, backup"),
        ),
        "ghost",
    ),
    (tool((SERVE, "web"), (WORK, "dump, migrate, doctor, migrate-storage, dump-repo, restore-repo")), "gitea"),
    (
        tool(
            (SERVE, "run, run-single"),
            (RESTART, "start, stop, restart, install, uninstall"),
            (WORK, "exec"),
            (LIGHT, "list, status, verify"),
        ),
        "gitlab-runner",
    ),
    (when(SERVE, "-http", "-http -goroot -timezone -play", long_dash=True), "godoc"),
    (tool((SERVE, "server"), (SETTING, "cli admin, cli plugins"), bare=SERVE), "grafana"),
    (
        tool(
            (SERVE, "node"),
            (SCREEN, "console"),
            (DEPLOY, "ignition deploy"),
            (LIGHT, "compile, test, clean, flatten, accounts"),
        ),
        "hardhat",
    ),
    (SERVE, "iproxy"),
    (tool((SERVE, "serve"), (LIGHT, "init, build")), "jigsaw"),
    (
        Kind(
            does=SERVE,
            options=given((ORDINARY, "-t --config.test_and_exit --configtest -V"), (SCREEN, "-i --interactive")),
            valued=words_of("-f --path.config --config -e --config.string -w -b --path.data"),
        ),
        "logstash",
    ),
    (
        Kind(
            does=SERVE,
            runs={"": 0},
            around=SERVE,
            valued=words_of(
                "-a --address -p --port -c --credential --path --index --title-format --max-connection"
                " --width --height --timeout"
            ),
        ),
        "gotty",
    ),
)

_WATCHERS = rows(
    (
        Kind(
            does=WATCHES,
            texts=words_of("-c --command -T --test -r --run"),
            valued=words_of(
                "-c --command -T --test -r --run -h --height -w --width -o --outputfile --restart --reload"
            ),
            around=WATCHES,
        ),
        "ghcid",
    ),
    (unless(WATCHES, "--list"), "goreload"),
    (unless(WATCHES, "-h", "-w -e -S -c -r -i"), "gow"),
    (Kind(does=WATCHES, at=()), "gitwatch"),
    (when(WATCHES, "-pvc", "-jobname -outdir -r -e", long_dash=True), "latexmk"),
    (when(WATCHES, "-w --watch", "-t --theme -l --layout"), "d2"),
    (
        Kind(
            table=verbs((SCREEN, "utop, toplevel"), (WATCHES, "build --watch")),
            options=given((WATCHES, "-w --watch")),
        ),
        "dune",
    ),
    (tool((SERVE, "reactor"), (SCREEN, "repl"), bare=LIGHT), "elm"),
    (
        tool(
            (SERVE, "serve, server, s"),
            (SERVE, "test --server"),
            (LIGHT, "new, build, b, generate, g, addon, init, install, destroy"),
        ),
        "ember",
    ),
    (
        tool(
            (SERVE, "serve, s, lab, l, cordova run, capacitor run, cap run"),
            (WORK, "start, cordova build, capacitor build"),
            (DEPLOY, "deploy"),
        ),
        "ionic",
    ),
    (tool((SCREEN, "repl"), (SERVE, "dev, watch, serve"), bare=ORDINARY), "boot"),
    (when(WATCHES, "--watch -watch", "-url", long_dash=True), "hlsq"),
    (
        Kind(
            table=verbs((WATCHES, "watch, serve, server, dev, start")),
            options=given((WATCHES, "-w --watch")),
            valued=words_of("-f --gulpfile --gruntfile --cwd -b --base --tasks"),
        ),
        "gulp grunt",
    ),
)

PROGRAMS: dict[str, Program] = {**_NETWORK, **_WATCHERS}
