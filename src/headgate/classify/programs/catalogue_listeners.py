"""More servers, proxies, daemons and development servers: they run until they are stopped."""

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
from headgate.classify.programs.catalogue_daemons import daemon, server
from headgate.classify.programs.options import words_of
from headgate.classify.programs.verbs import DEPLOY, DESTROY, FOLLOW, LIGHT, RESTART, SERVE, SETTING

_DAEMONS = rows(
    (
        SERVE,  # launchd alone starts the daemons of macOS
        """
        nfcd notifyd ocspd photoanalysisd photolibraryd secd securityd symptomsd systemsoundserverd timed
        translationd universalaccessd usernoted warmd watchdogd watchlistd webinspectord wifivelocityd wwand
        xartstorageremoted xsand vpnd
        """,
    ),
    (SERVE, "runit runsv runsvdir slurmrestd slurmstepd sntpd mediamtx st-util xsp x0vncserver"),
    (RESTART, "runsvchdir"),
    (Kind(does=RESTART, options=given((SERVE, "-d"), (ORDINARY, "-h"))), "minidlna"),
    (daemon("--no-daemon --stderr", "--version"), "mpd"),
    (server("-d --daemon", "-v --verify-config -s --test-scheduling -V"), "nagios nagios2 nagios3 nagios4"),
    (daemon("-d -n --nofork", "-q --quit --version -!", "-c -f -g -i -l -p -u"), "ntpd"),
    (daemon("-D", "-V", "-f -L -N -n -s"), "slurmctld slurmd slurmdbd"),
    (daemon("-D -d -e", "-t -T -G -V", "-f -p -o -h -b -c -C -E -g -k -u"), "sshd"),
    (daemon("-n --nodaemon", "-v --version", "-c --configuration -l --logfile -j -d -u -e"), "supervisord"),
    (
        Kind(does=RESTART, options=given((SERVE, "-f --foreground -D --debug"), (SCREEN, "-c --makeconf"))),
        "znc",
    ),
    (
        daemon(
            "-f --foreground",
            "-t --test -T --test-config -p --print -V --version",
            "-c --config -t --test -R --runtime-control",
        ),
        "zabbix_agentd zabbix_server zabbix_proxy",
    ),
    (server("-R --runtime-control", "-t --test -T --test-config -p --print", "-c --config -t -R"), "zabbix_agent2"),
    (server("-d", "-v -h"), "zerotier-one"),
    (daemon("-f --foreground", "-d --dump-settings -V --version", "-c -w -g -p -u -v -T"), "transmission-daemon"),
    (server("-d --daemon", "-V --version", "-p --profile -l --log -P --pid"), "tuned"),
    (server("-B", "-v -h", "-i -c -D -b -P -u -g"), "wpa_supplicant"),
    (SERVE, "pppd"),
    (when(SERVE, "-d", "-f"), "restorecond"),
    (
        Kind(
            does=RESTART,
            options=given((ORDINARY, "-list -version -fp")),
            valued=words_of("-geometry -depth -name"),
            long_dash=True,
        ),
        "vncserver",
    ),
    (server("-bg", "-version -query"), "x11vnc"),
    (RESTART, "netserver"),
)

_SERVERS = rows(
    (SERVE, "meshnamed miniserve mitmweb proxify simplehttpserver smbserver.py ss-local updog var-dump-server"),
    (SERVE, "PalServer.sh ShooterGameServer TerrariaServer zandronum-server peerflix pixiecore sslstrip"),
    (SCREEN, "mitmproxy"),
    (
        unless(SERVE, "-n --no-server --options --version", "-w --wfile -r --read-flows -s --scripts -m --mode"),
        "mitmdump",
    ),
    (tool((SERVE, "server, gateway")), "minio"),
    (
        Kind(
            does=SERVE,
            options=given((ORDINARY, "--version --paths --generate")),
            table=tool((LIGHT, "cli, generate, decrypt")).table,
            valued=words_of("--home --config --data --gui-address --logfile"),
        ),
        "syncthing",
    ),
    (tool((SERVE, "serve"), bare=SCREEN, valued="--config"), "wishlist"),
    (
        Kind(
            does=SERVE,
            runs={"": 0},
            around=SERVE,
            valued=words_of(
                "-p --port -i --interface -c --credential -u --uid -g --gid -s --signal -w --cwd -t --client-option"
                " -T --terminal-type -m --max-clients -b --base-path -C --ssl-cert -K --ssl-key -I --index"
            ),
        ),
        "ttyd",
    ),
    (tool((SERVE, "send, receive")), "qrcp"),
    (tool((SERVE, "serve, server")), "shiori resume"),
    (
        Kind(
            does=LIGHT,
            options=given((SERVE, "-f --foreground"), (FOLLOW, "-p --persistent"), (ORDINARY, "-v --version")),
        ),
        "watchman",
    ),
    (
        unless(SERVE, "-c --command --version", "-f --file -s --search -c --command -d --debug -l --log_output"),
        "openocd",
    ),
    (when(SERVE, "-l -L", "-m -o"), "vmtouch"),
    (when(SERVE, "-b -p -n", "-k"), "pydoc"),
    (unless(SERVE, "--build --archive --html"), "pygbag"),
    (
        Kind(
            does=SCREEN,
            options=given(
                (SERVE, "-http"),
                (ORDINARY, "-top -svg -text -png -pdf -list -peek -raw -tree -dot -traces -proto -tags -disasm -gif"),
                (WINDOW, "-web -gv -evince"),
            ),
            valued=words_of("-http -o -output -seconds -list -peek -disasm"),
            bare=ORDINARY,
            long_dash=True,
        ),
        "pprof",
    ),
    (
        tool((TUNNEL, "share, access"), (SETTING, "enable, disable, reserve, release, invite, config"), at=()),
        "zrok",
    ),
)

_DEVELOPMENT = rows(
    (tool((SERVE, "serve, watch"), (LIGHT, "init, build, clean, test")), "mdbook"),
    (tool((SERVE, "edit, run, tutorial, new")), "marimo"),
    (tool((SERVE, "server"), (DEPLOY, "deploy")), "middleman"),
    (
        tool(
            (SERVE, "run, test, debug"),
            (DEPLOY, "deploy"),
            (DESTROY, "reset"),
            (SCREEN, "shell, mongo"),
            (FETCH, "create, update"),
            (WORK, "build"),
            bare=SERVE,
        ),
        "meteor",
    ),
    (tool((SERVE, "server")), "p5 pkl"),
    (
        tool(
            (SERVE, "start"), (WORK, "run-android, run-ios, build-android, build-ios"), (SERVE, "log-android, log-ios")
        ),
        "react-native",
    ),
    (tool((SERVE, "dev, run"), (DEPLOY, "deploy, image push"), (WORK, "image build")), "quarkus"),
    (tool((SERVE, "preview, serve"), (DEPLOY, "publish"), (FETCH, "install, update")), "quarto"),
    (tool((SERVE, "lift, l, debug"), (SCREEN, "console, c"), (FETCH, "new")), "sails"),
    (tool((SCREEN, "develop, console, dashboard"), (DEPLOY, "migrate, deploy"), (FETCH, "unbox")), "truffle"),
    (tool((SERVE, "run"), (DEPLOY, "deploy, push"), (DESTROY, "undeploy")), "tye"),
    (tool((SERVE, "serve, ui"), (SCREEN, "create, init, invoke")), "vue"),
    (tool((WINDOW, "run"), (DEPLOY, "sign"), (SCREEN, "docs")), "web-ext"),
    (tool((WATCHES, "watch"), (FETCH, "new")), "spike spicetify"),
    (tool((WATCHES, "watch")), "prqlc typst"),
    (when(WATCHES, "-w --watch"), "ncc"),
    (tool((WATCHES, "watch"), (SCREEN, "repl"), bare=SCREEN, valued="-o -b -cc -os -arch -d"), "v"),
    (
        Kind(table=tool((WATCHES, "watch")).table, options=given((WATCHES, "-X=watch")), valued=words_of("-X")),
        "tectonic",
    ),
    (tool((WORK, "build"), (SERVE, "run")), "xcaddy"),
    (
        Kind(
            table=tool(
                (SERVE, "serve, server:start, local:server:start"),
                (RESTART, "server:stop, local:server:stop"),
                (FETCH, "new, local:new"),
                (FOLLOW, "server:log"),
                (DEPLOY, "deploy, cloud:deploy"),
            ).table,
            valued=words_of("--dir --port"),
        ),
        "symfony",
    ),
)

PROGRAMS: dict[str, Program] = {**_DAEMONS, **_SERVERS, **_DEVELOPMENT}
