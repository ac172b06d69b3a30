"""Package managers of programming languages: installing is light, publishing deploys, `run` starts something else."""

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, join
from headgate.classify.programs.builds import named_task
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import split
from headgate.model.facts import Workload

_LOOK = Effect(fx.READS)
_WORK = Effect(fx.CHANGES | fx.NETWORK)
_DRY = frozenset("--dry-run --dryrun -n --dry_run --publish=never --build-only -DdryRun=true".split())


def _deploys(call: Call, what: str) -> Effect:
    shown = call.shows(Workload.DEPLOY, f"`{call.name} {what}` releases a package")
    return Effect(fx.CHANGES | fx.NETWORK | fx.REMOTE, shown, touches=fx.touched())


def _long(call: Call, why: str) -> Effect:
    return Effect(fx.CHANGES | fx.NETWORK, call.shows(Workload.LONG_RUNNING, why))


def _asks(call: Call) -> Effect:
    return Effect(fx.INTERACTIVE | fx.UNSURE, call.shows(Workload.INTERACTIVE, "waits for a person to type"))


# -- JavaScript ---------------------------------------------------------------------------------

_NPM = frozenset(
    "-C --prefix --dir -w --workspace --registry --tag --otp --loglevel --cwd -F --filter --access --userconfig --cache"
    " --omit --include -p --package -c --call".split()
)
_NPM_READS = frozenset(
    "ls list ll la view info show v search outdated audit why explain root prefix bin help doctor fund ping whoami"
    " config get"
    " pack-check licenses explore query sbom --version -v versions".split()
)
_NPM_CROSS = frozenset("unpublish deprecate dist-tag owner access team hook token profile star unstar".split())
_NPM_STARTS = frozenset("exec x dlx".split())
_NPM_WORK = frozenset(
    "install i ci add remove rm uninstall un update upgrade up init create link unlink dedupe prune rebuild cache"
    " pack import"
    " version set set-script login logout adduser shrinkwrap store patch fetch env setup global self-update"
    " clean-install"
    " install-test it policies workspaces workspace plugin node pm build test bunx deploy".split()
) - {"test", "deploy", "build"}


class _Manifest(msgspec.Struct, frozen=True):
    scripts: dict[str, str] = {}


_DECODER = msgspec.json.Decoder(_Manifest)


def npm(call: Call) -> Effect:  # noqa: PLR0911 one return a kind of command
    """Install, publish, or run a script of the project (npm(1), yarn, pnpm, bun)."""
    found = split(call.words, _NPM, stops=True)
    verb, rest = (found.operands[0], found.operands[1:]) if found.operands else ("", ())
    if not verb or found.has("--version", "-v", "--help", "-h") or verb in _NPM_READS:
        return _WORK if not verb and call.name == "yarn" else _LOOK
    folder = found.value("-C", "--prefix", "--dir", "--cwd")
    if verb == "publish" or rest[:2] == ("npm", "publish") or (verb, *rest[:1]) == ("npm", "publish"):
        return _LOOK if _DRY & {*call.words} else _deploys(call, "publish")
    if verb in _NPM_STARTS:
        return _executes(call, rest)
    if verb in _NPM_CROSS and not {"ls", "list", "get"} & {*rest}:
        return Effect(fx.CHANGES | fx.NETWORK | fx.REMOTE, call.shows(Workload.CROSS_MACHINE, "changes the registry"))
    if verb in {"run", "run-script", "rum", "urn"}:
        again = split(rest, _NPM, stops=True)
        return _script(call, again.operands, folder or again.value("--prefix", "-C"))
    if verb in _NPM_WORK:
        return _WORK
    implicit = verb in {"test", "t", "tst", "start", "stop", "restart"} or call.name != "npm"
    return _script(call, found.operands, folder) if implicit else Effect(fx.UNSURE)


def _script(call: Call, words: tuple[str, ...], folder: str) -> Effect:
    """Return the effect of a script: by its name, and by its text where the manifest can be read."""
    if not words:
        return _LOOK
    name = {"t": "test", "tst": "test"}.get(words[0], words[0])
    if HIDDEN in name:
        return Effect(fx.UNSURE)
    text = _manifest(call, folder).get(name)
    inside = call.run(" ".join((text, *(word for word in words[1:] if word != "--")))) if text else Effect(fx.UNSURE)
    return join((named_task(call, name), inside)) if text else named_task(call, name)


def _manifest(call: Call, folder: str) -> dict[str, str]:
    path = f"{folder}/package.json" if folder else "package.json"
    where = call.absolute(path) if HIDDEN not in path and not call.machine else ""
    content = call.around.read(where) if where else None
    if content is None:
        return {}
    try:
        return _DECODER.decode(content.encode("utf-8", "replace")).scripts
    except (msgspec.DecodeError, ValueError):
        return {}


def _executes(call: Call, words: tuple[str, ...]) -> Effect:
    found = split(words, _NPM, stops=True)
    text = found.value("-c", "--call")
    if text:
        return call.run(text)
    if not found.operands or found.has("--version", "-v", "--help"):
        return _LOOK
    name = found.operands[0]
    at = name.rfind("@")
    name = _SCOPED.get(name[:at] if at > 0 else name, name[:at] if at > 0 else name)
    if not name or HIDDEN in name:
        return call.opaque("the package it runs is not known")
    return call.start((name, *found.operands[1:]))


_SCOPED = {"@angular/cli": "ng", "@nestjs/cli": "nest", "@railway/cli": "railway", "@changesets/cli": "changeset"}


def npx(call: Call) -> Effect:
    """Run a package's program (npx(1), bunx)."""
    return _executes(call, call.words)


# -- programs that start another in an environment ----------------------------------------------

_RUNNERS: dict[str, tuple[frozenset[str], frozenset[str]]] = {  # the verbs that start words, the options with values
    "poetry": (frozenset({"run"}), frozenset("-C --directory -P --project".split())),
    "pipenv": (frozenset({"run"}), frozenset({"--python"})),
    "pdm": (frozenset({"run"}), frozenset("-p --project -c --config --venv".split())),
    "rye": (frozenset({"run"}), frozenset({"--pyproject"})),
    "hatch": (frozenset({"run"}), frozenset("-e --env -p --project --data-dir".split())),
    "uv": (
        frozenset({"run"}),
        frozenset(
            "--with --with-requirements --with-editable -p --python --extra --group --env-file --project"
            " --directory --package"
            " --index --index-url -C --config-file --cache-dir --from --color --only-group".split()
        ),
    ),
    "bundle": (frozenset({"exec"}), frozenset({"--gemfile"})),
    "composer": (frozenset({"exec"}), frozenset("-d --working-dir".split())),
    "conda": (frozenset({"run"}), frozenset("-n --name -p --prefix --cwd".split())),
    "mise": (frozenset({"exec", "x"}), frozenset("-C --cd -E --env -j".split())),
    "direnv": (frozenset({"exec"}), frozenset()),
    "rbenv": (frozenset({"exec"}), frozenset()),
    "pyenv": (frozenset({"exec"}), frozenset()),
    "asdf": (frozenset({"exec"}), frozenset()),
    "volta": (frozenset({"run"}), frozenset("--node --npm --yarn".split())),
    "dotenv": (frozenset({"run"}), frozenset("-e -f --file".split())),
    "dotenvx": (frozenset({"run"}), frozenset("-f --env-file -e --env".split())),
    "op": (frozenset({"run"}), frozenset("--env-file --account".split())),
    "doppler": (frozenset({"run"}), frozenset("-p --project -c --config -t --token".split())),
    "aws-vault": (frozenset({"exec"}), frozenset("-d --duration --region".split())),
}
_RUNNERS |= {"mamba": _RUNNERS["conda"], "micromamba": _RUNNERS["conda"]}
_SKIPS = {"direnv": 1, "aws-vault": 1}
_WORKS = frozenset(
    """
    install add remove update lock sync init new pip venv env tool python build create shell-init use trust upgrade
    clean clear
    uninstall config cache export self require allow deny dump-autoload plugin fix pin unpin tree deactivate reshim
    local global
    """.split()
)
_LOOKS = frozenset(
    "list show info search check outdated why version --version help tree which where status current validate".split()
)


def runner(call: Call) -> Effect:
    """Manage an environment, publish from it, or start a program in it."""
    starts, valued = _RUNNERS[call.name]
    found = split(call.words, valued, stops=True)
    verb, rest = (found.operands[0], found.operands[1:]) if found.operands else ("help", ())
    if verb == "publish":
        return _LOOK if _DRY & {*rest} else _deploys(call, verb)
    if call.name == "dotenv" and verb not in {*starts, "list", "get", "set"}:
        return call.start(found.operands)
    if verb in starts:
        return _started(call, rest[_SKIPS.get(call.name, 0) :], valued)
    if verb in _LOOKS:
        return _LOOK
    return _named(call, verb, rest)


def _started(call: Call, words: tuple[str, ...], valued: frozenset[str]) -> Effect:
    found = split(words, valued | {"-m", "--module"}, stops=True)
    module = found.value("-m", "--module")
    if module:
        return call.start(("python", "-m", module, *found.operands))
    if not found.operands:
        return _LOOK
    if found.operands[0].endswith(".py"):
        return call.start(("python", *found.operands))
    return call.start(found.operands)


def _named(call: Call, verb: str, rest: tuple[str, ...]) -> Effect:
    if verb == "tool" and rest[:1] == ("run",):
        return _executes(call, rest[1:])
    if verb in {"shell", "console"}:
        return _asks(call)
    if verb in {"run", "run-script", "script"} and rest:
        return named_task(call, rest[0])
    return _WORK if verb in _WORKS else Effect(fx.UNSURE)


def pip(call: Call) -> Effect:
    """Install packages, or list them (pip(1))."""
    found = split(call.words, {"--python", "--log", "--proxy", "--retries", "--timeout", "--cache-dir"}, stops=True)
    verb = found.operands[0] if found.operands else "help"
    reads = verb in {"list", "show", "freeze", "check", "search", "index", "help", "debug", "inspect", "hash", "config"}
    return _LOOK if reads or found.has("-V", "--version") or "--dry-run" in call.words else _WORK


def uvx(call: Call) -> Effect:
    """Run a package's program (uvx, pipx run)."""
    if call.name == "pipx":
        verb = call.words[0] if call.words else "list"
        return _executes(call, call.words[1:]) if verb == "run" else _LOOK if verb == "list" else _WORK
    found = split(call.words, _RUNNERS["uv"][1], stops=True)
    return _executes(call, found.operands) if found.operands else _LOOK


# -- one tool a language ------------------------------------------------------------------------

_VERBS = frozenset(
    "-C --manifest-path --config -Z --color -p --package --features --target --target-dir -j -f --file -pl"
    " --projects -P -s"
    " -D -T -k --api-key --source -c --configuration -o --output -r --repository --repository-url --project -b -I"
    " -x".split()
)
_PUBLISHES: dict[str, frozenset[str]] = {
    "cargo": frozenset({"publish"}),
    "gem": frozenset({"push"}),
    "twine": frozenset({"upload"}),
    "flit": frozenset({"publish"}),
    "mvn": frozenset("deploy release:perform deploy:deploy deploy:deploy-file release:prepare jib:build".split()),
    "gradle": frozenset(
        "publish uploadArchives deploy release appengineDeploy publishPlugins bootBuildImage jib".split()
    )
    - {"bootBuildImage"},
    "dotnet": frozenset({"push"}),
    "nuget": frozenset({"push"}),
    "mix": frozenset("hex.publish edeliver".split()),
    "sbt": frozenset("publish publishSigned sonatypeRelease sonatypeBundleRelease release".split()),
    "lein": frozenset({"deploy", "release"}),
    "deno": frozenset({"publish", "deploy"}),
    "dart": frozenset({"publish"}),
    "flutter": frozenset({"publish"}),
    "jsr": frozenset({"publish"}),
    "cabal": frozenset({"upload"}),
    "luarocks": frozenset({"upload"}),
    "vsce": frozenset({"publish"}),
    "ovsx": frozenset({"publish"}),
    "lerna": frozenset({"publish"}),
    "changeset": frozenset({"publish"}),
    "conan": frozenset({"upload"}),
    "pod": frozenset({"push"}),
    "anaconda": frozenset({"upload"}),
    "goreleaser": frozenset({"release"}),
}
_SERVES: dict[str, frozenset[str]] = {
    "cargo": frozenset("watch leptos".split()),
    "mvn": frozenset("spring-boot:run jetty:run quarkus:dev tomcat7:run exec:exec".split()),
    "gradle": frozenset("bootRun quarkusDev appRun".split()),
    "dotnet": frozenset({"watch"}),
    "mix": frozenset("phx.server test.watch".split()),
    "lein": frozenset("ring figwheel".split()),
    "flutter": frozenset({"run", "attach", "logs"}),
    "gem": frozenset({"server"}),
}
_TYPED = {"sbt": frozenset({"", "console", "shell"}), "lein": frozenset({"repl"}), "deno": frozenset({"", "repl"})}
_READS = frozenset(
    """
    --version -V --help -h help version tree metadata search info env vet list doctor check verify-project pkgid
    read-manifest
    locate-project which outdated dependencies tasks properties query contents specification owner-list sources
    --info doc
    """.split()
)
_PUBLISHES |= dict.fromkeys(("gradlew", "gradlew.bat"), _PUBLISHES["gradle"]) | {"mvnw": _PUBLISHES["mvn"]}
_SERVES |= {
    "gradlew": _SERVES["gradle"],
    "gradlew.bat": _SERVES["gradle"],
    "mvnw": _SERVES["mvn"],
    "mvnd": _SERVES["mvn"],
}
_PUBLISHES["mvnd"] = _PUBLISHES["mvn"]
_DRY_HERE = _DRY | {"-m", "--snapshot", "--skip=publish"}


def tool(call: Call) -> Effect:
    """Build, test, publish or serve with a language's own tool (cargo, go, mvn, gradle, dotnet and their like)."""
    found = split(call.words, _VERBS - {"-m", "-c"} | {"-c"}, long_dash=call.name in {"mvn", "mvnw", "mvnd"})
    verbs = tuple(word.rpartition(":")[2] if call.name.startswith("gradle") else word for word in found.operands)
    if verbs[:1] and verbs[0].startswith("+"):
        verbs = verbs[1:]
    names = {*verbs}
    if names & _PUBLISHES.get(call.name, frozenset()) or (call.name.startswith("gradle") and _publishes_some(verbs)):
        return _LOOK if _DRY_HERE & {*call.words} else _deploys(call, next(iter(verbs), ""))
    if names & _SERVES.get(call.name, frozenset()) or {"--watch", "--continuous"} & {*call.words}:
        return _long(call, f"`{call.name}` serves or watches without an end")
    first = verbs[0] if verbs else ""
    if first in _TYPED.get(call.name, ()) and not found.options and not call.fed:
        return _asks(call)
    return _tool_rest(call, first, verbs)


def _publishes_some(verbs: tuple[str, ...]) -> bool:
    return any(verb.startswith("publish") and not verb.endswith("MavenLocal") for verb in verbs)


def _tool_rest(call: Call, first: str, verbs: tuple[str, ...]) -> Effect:
    if call.name == "cargo" and first in {"build", "b"} and {"--release", "-r"} & {*call.words}:
        return _long(call, "a release build takes long")
    if first == "task" and call.name == "deno" and len(verbs) > 1:
        return named_task(call, verbs[1])
    if first == "yank":
        return Effect(fx.CHANGES | fx.NETWORK | fx.REMOTE, call.shows(Workload.CROSS_MACHINE, "withdraws a release"))
    looks = first in _READS or (not verbs and call.words and call.words[0] in _READS)
    return _LOOK if looks else _WORK


_RELEASERS = "semantic-release release-it np auto".split()


def releaser(call: Call) -> Effect:
    """Release the project in the working tree (semantic-release, release-it)."""
    if {"--dry-run", "-d", "--help", "--version", "--preview"} & {*call.words}:
        return _LOOK
    return _deploys(call, " ".join(call.words[:1]))


PROGRAMS = {
    **dict.fromkeys("npm pnpm yarn bun cnpm".split(), npm),
    **dict.fromkeys("npx bunx pnpx".split(), npx),
    **dict.fromkeys(_RUNNERS, runner),
    **dict.fromkeys("pip pip3 pip2 pipx-pip".split(), pip),
    **dict.fromkeys(("uvx", "pipx"), uvx),
    **dict.fromkeys((*_PUBLISHES, "go", "stack", "opam", "zig", "swift"), tool),
    **dict.fromkeys(_RELEASERS, releaser),
}
