"""Package managers of the system: installing is known to take long, asking is light, a dry run changes nothing."""

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import split, words_of
from headgate.model.facts import Workload

_LOOK = Effect(fx.READS)
_CHANGE = Effect(fx.CHANGES)

_READS = words_of(
    """
    list show search policy info provides whatprovides repolist depends rdepends madison download changelog history
    check check-update deps leaves outdated config doctor cat home desc uses log commands help --version --help -h
    -v --prefix --cellar --repository --env shellenv which find query dot stats audit repoquery group-list grouplist
    contents installed variants interfaces connections services tasks changes known whoami remotes remote-ls verify
    pkgs dumpavail showpkg unmet pkgnames source-show showauto showmanual showhold why formulae casks repos lr se if
    lu search-flakes metadata eval path-info show-config
    """
)
_LONG = words_of(
    """
    install upgrade dist-upgrade full-upgrade safe-upgrade remove autoremove purge update reinstall build-dep add
    del fix in rm up dup dist-sync distro-sync groupinstall group localinstall downgrade refresh makecache patch
    swap selfupdate uninstall sync system-upgrade build develop shell profile upgrade-nix switch tap bundle ref
    removeptg import
    """
)
_DRY = words_of(
    """
    -s --simulate --dry-run --just-print --no-act --recon --assumeno --download-only=no -n --whatif --test -p
    --pretend
    """
)
_NOT_DRY = {  # letters that mean something else to these programs
    "zypper": frozenset({"-n", "-s", "-p"}),
    "brew": frozenset({"-s", "-p"}),
    "dnf": frozenset({"-n", "-s", "-p"}),
    "yum": frozenset({"-n", "-s", "-p"}),
    "microdnf": frozenset({"-n", "-s", "-p"}),
    "apt": frozenset({"-n", "-p"}),
    "apt-get": frozenset({"-n", "-p"}),
    "snap": frozenset({"-s", "-p", "-n"}),
    "flatpak": frozenset({"-s", "-p", "-n"}),
    "port": frozenset({"-n", "-s", "-p"}),
    "choco": frozenset({"-s", "-p", "-n"}),
    "winget": frozenset({"-s", "-p", "-n"}),
}
_VALUED = words_of(
    """
    -o --option -c --config-file -t --target-release --default-release -a --host-architecture -q --root -R
    --installroot -X --repository --repo --enablerepo --disablerepo -x --exclude --setopt --releasever -T --channel
    --arch --cache-dir
    """
) - {"-q", "-a"}


def _long(call: Call, why: str) -> Effect:
    return Effect(fx.CHANGES | fx.NETWORK, call.shows(Workload.LONG_RUNNING, why))


_BREW_CHANGES = words_of("start stop restart run kill")


def brew(call: Call) -> Effect:
    """Manage packages, and the services that came with them; `shellenv` prints a well-known set-up text (brew(1))."""
    words = tuple(word for word in call.words if not word.startswith("-"))
    if words[:1] == ("shellenv",):
        return Effect(fx.READS, output="")
    if words[:1] == ("tap",) and len(words) == 1:
        return _LOOK
    if words[:1] != ("services",):
        return manager(call)
    service = words[2] if len(words) > 2 and HIDDEN not in words[2] else ""  # noqa: PLR2004 services, action, service
    if words[1:2] and words[1] in _BREW_CHANGES:
        shown = call.shows(Workload.RESTART, "starts, stops or restarts a service")
        return Effect(fx.CHANGES, shown, touches=fx.touched(call.machine, service))
    if words[1:2] and HIDDEN in words[1]:
        return call.opaque("what it does to a service is not known before it runs")
    return Effect(fx.READS, touches=fx.looked(call.machine, service)) if service else _LOOK


def manager(call: Call) -> Effect:
    """Install, remove or ask about packages by a command word (apt(8), dnf(8), apk(8), brew(1))."""
    found = split(call.words, _VALUED)
    verb = found.operands[0] if found.operands else ""
    if found.has(*(_DRY - _NOT_DRY.get(call.name, frozenset()))) or found.has("--help", "--version"):
        return _LOOK
    if not verb or verb in _READS or (verb == "services" and found.operands[1:2] == ("list",)):
        return _LOOK if verb or call.name not in {"yum", "dnf"} else _CHANGE
    if call.name == "snap" and verb in _BREW_CHANGES:
        shown = call.shows(Workload.RESTART, "starts, stops or restarts a service")
        return Effect(fx.CHANGES, shown, touches=fx.touched(call.machine, "".join(found.operands[1:2])))
    if verb in _LONG:
        return _long(call, f"`{call.name} {verb}` takes long")
    return _CHANGE


def dpkg(call: Call) -> Effect:
    """Install or ask about package files (dpkg(1))."""
    found = split(call.words, frozenset({"--root", "--admindir", "-D"}))
    changing = ("-i", "--install", "-r", "--remove", "-P", "--purge", "--configure", "--unpack", "--set-selections")
    if found.has(*changing) and not found.has("--dry-run", "--no-act", "--simulate"):
        return _CHANGE
    return _LOOK


def rpm(call: Call) -> Effect:
    """Install or ask about package files (rpm(8))."""
    found = split(call.words, frozenset({"--root", "--qf", "--queryformat", "--dbpath"}))
    if found.has("-q", "--query", "-V", "--verify", "-K", "--checksig", "--test", "--version", "--eval", "--help"):
        return _LOOK
    return _long(call, "installs packages") if found.has("-i", "-U", "-F", "--install", "--upgrade") else _CHANGE


def pacman(call: Call) -> Effect:
    """Install, remove or ask by a letter (pacman(8))."""
    found = split(call.words, words_of("-b -r --config --root --dbpath --cachedir"))
    asks = found.has("-Q", "--query", "-F", "--files", "-T", "-V", "--version", "-h", "--help", "-p", "--print")
    if asks or (found.has("-S", "--sync") and found.has("-s", "-i", "-l", "-g", "--search", "--info")):
        return _LOOK
    acts = found.has("-S", "-R", "-U", "--sync", "--remove", "--upgrade") or (
        call.name in {"yay", "paru"} and call.words == ()
    )
    return _long(call, "installs or removes packages") if acts else _CHANGE


def emerge(call: Call) -> Effect:
    """Build packages from source (emerge(1))."""
    found = split(call.words, frozenset({"-j", "--jobs"}))
    looks = found.has("-p", "--pretend", "-s", "--search", "--info", "--version", "--help") or not call.words
    return _LOOK if looks else _long(call, "builds packages from source")


_NIX_READS = words_of(
    """
    search show path-info eval log flake derivation why-depends doctor hash --version store fmt repl-show
    """
)


def nix(call: Call) -> Effect:
    """Build, install or run from the store (nix(1))."""
    verb = next((word for word in call.words if not word.startswith("-")), "")
    if not call.words or "--dry-run" in call.words or {"--version", "--help"} & {*call.words}:
        return _LOOK
    if verb == "repl":
        return Effect(fx.INTERACTIVE | fx.UNSURE, call.shows(Workload.INTERACTIVE, "waits for a person to type"))
    if verb in {"develop", "shell", "run"}:
        return _nix_starts(call, verb)
    updates = verb == "flake" and {"update", "lock", "init", "new"} & {*call.words}
    looks = verb in _NIX_READS and not updates and not ({"gc", "delete"} & {*call.words})
    return _LOOK if looks else _CHANGE if updates else _long(call, f"`nix {verb}` builds or fetches")


def _nix_starts(call: Call, verb: str) -> Effect:
    words = call.words
    marks = ("--", "-c", "--command")
    at = next((at for at, word in enumerate(words) if word in marks), len(words))
    inner = words[at + 1 :]
    if verb != "run":
        if inner:
            return call.start(inner)
        return Effect(fx.INTERACTIVE | fx.UNSURE, call.shows(Workload.INTERACTIVE, "opens a shell"))
    return Effect(fx.UNSURE | fx.NETWORK)


def nix_shell(call: Call) -> Effect:
    """Open a shell with packages in it; `--run` gives it a text (nix-shell(1))."""
    found = split(call.words, words_of("--run --command -I --arg --argstr -A --attr --option"), long_dash=True)
    text = found.value("--run", "--command")
    if text:
        return call.run(text)
    if found.has("--version", "--help"):
        return _LOOK
    return Effect(fx.INTERACTIVE | fx.UNSURE, call.shows(Workload.INTERACTIVE, "opens a shell"))


def nix_other(call: Call) -> Effect:
    """Build or install with the older commands (nix-build(1), nix-env(1))."""
    looks = {"--dry-run", "--version", "--help", "-q", "--query", "-qa", "-qaP", "--list-generations", "--list"} & {
        *call.words
    }
    if looks or call.name in {"nix-instantiate", "nix-hash", "nix-info"}:
        return _LOOK
    return _CHANGE if call.name == "nix-channel" else _long(call, f"`{call.name}` builds or fetches")


def rebuild(call: Call) -> Effect:
    """Build the whole system; switching to it changes what runs (nixos-rebuild(8))."""
    verbs = {*call.words}
    if {"dry-build", "dry-activate", "--help", "list-generations"} & verbs or not verbs:
        return _LOOK
    shown = call.shows(Workload.LONG_RUNNING, "builds the whole system")
    if {"switch", "boot", "test"} & verbs:
        shown += call.shows(Workload.DEPLOY, "switches to another system")
        return Effect(fx.CHANGES | fx.NETWORK, shown, touches=fx.touched(call.machine))
    return Effect(fx.CHANGES | fx.NETWORK, shown)


def whole(call: Call) -> Effect:
    """Install or upgrade a whole system (debootstrap(8), do-release-upgrade(8))."""
    looks = {"--help", "--version", "--dry-run", "-c", "--check-dist-upgrade-only", "--print-debs"} & {*call.words}
    return _LOOK if looks else _long(call, f"`{call.name}` installs or upgrades a whole system")


def look(_call: Call) -> Effect:
    """Ask what is known about packages."""
    return _LOOK


def setting(call: Call) -> Effect:
    """Change a choice between packages (apt-mark(8), update-alternatives(1))."""
    looks = {"showmanual", "showauto", "showhold", "--display", "--list", "--query", "list"} & {*call.words}
    return _LOOK if looks else _CHANGE


PROGRAMS = {
    "brew": brew,
    **dict.fromkeys(
        words_of(
            """
            apt apt-get aptitude nala yum dnf dnf5 microdnf tdnf zypper apk port snap flatpak choco winget
            scoop pkg xbps-install mas opkg pkgin
            """
        ),
        manager,
    ),
    **dict.fromkeys(words_of("apt-cache dpkg-query dpkg-deb apt-file rpm2cpio xbps-query pkg_info"), look),
    **dict.fromkeys(
        words_of(
            """
            apt-mark alternatives add-apt-repository apt-key dpkg-reconfigure softwareupdate
            """
        ),
        setting,
    ),
    "dpkg": dpkg,
    "rpm": rpm,
    **dict.fromkeys(words_of("pacman yay paru"), pacman),
    "emerge": emerge,
    "nix": nix,
    "nix-shell": nix_shell,
    **dict.fromkeys(
        words_of(
            """
            nix-build nix-env nix-store nix-instantiate nix-channel nix-collect-garbage nix-hash nix-info
            """
        ),
        nix_other,
    ),
    **dict.fromkeys(("nixos-rebuild", "darwin-rebuild", "home-manager"), rebuild),
    **dict.fromkeys(words_of("debootstrap do-release-upgrade unattended-upgrade unattended-upgrades"), whole),
}
