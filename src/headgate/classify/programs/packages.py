"""Package managers of programming languages: installing is light, publishing deploys, `run` starts something else."""

from headgate.classify import effect as fx
from headgate.classify.effect import Effect, join
from headgate.classify.programs.builds import named_task
from headgate.classify.programs.call import Call
from headgate.classify.programs.javascript import executes
from headgate.classify.programs.manifests import composer_hooks, manifest_script
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.publishing import DRY, publishes
from headgate.classify.programs.script_runtimes import deno
from headgate.model.facts import Workload

_LOOK = Effect(fx.READS)
_WORK = Effect(fx.CHANGES | fx.NETWORK)


def _long(call: Call, why: str) -> Effect:
    return Effect(fx.CHANGES | fx.NETWORK, call.shows(Workload.LONG_RUNNING, why))


def _asks(call: Call) -> Effect:
    return Effect(fx.INTERACTIVE | fx.UNSURE, call.shows(Workload.INTERACTIVE, "waits for a person to type"))


_RUNNERS: dict[str, tuple[frozenset[str], frozenset[str]]] = {  # the verbs that start words, the options with values
    "poetry": (frozenset({"run"}), words_of("-C --directory -P --project")),
    "pipenv": (frozenset({"run"}), frozenset({"--python"})),
    "pdm": (frozenset({"run"}), words_of("-p --project -c --config --venv")),
    "rye": (frozenset({"run"}), frozenset({"--pyproject"})),
    "hatch": (frozenset({"run"}), words_of("-e --env -p --project --data-dir")),
    "uv": (
        frozenset({"run"}),
        words_of(
            """
            --with --with-requirements --with-editable -p --python --extra --group --env-file --project --directory
            --package --index --index-url -C --config-file --cache-dir --from --color --only-group
            """
        ),
    ),
    "bundle": (frozenset({"exec"}), frozenset({"--gemfile"})),
    "composer": (frozenset({"exec"}), words_of("-d --working-dir")),
    "conda": (frozenset({"run"}), words_of("-n --name -p --prefix --cwd")),
    "volta": (frozenset({"run"}), words_of("--node --npm --yarn")),
    "dotenv": (frozenset({"run"}), words_of("-e -f --file")),
    "dotenvx": (frozenset({"run"}), words_of("-f --env-file -e --env")),
}
_RUNNERS |= {"mamba": _RUNNERS["conda"], "micromamba": _RUNNERS["conda"]}
_WORKS = words_of(
    """
    install add remove update lock sync init new pip venv env tool python build create shell-init use trust upgrade
    clean clear uninstall config cache export self require allow deny dump-autoload plugin fix pin unpin tree
    deactivate reshim local global
    """
)
_LOOKS = words_of(
    """
    list show info search check outdated why version --version help tree which where status current validate
    """
)


_SETUPS = frozenset({("poetry", "env", "activate"), ("uv", "generate-shell-completion")})


def runner(call: Call) -> Effect:
    """Manage an environment, publish from it, or start a program in it."""
    starts, valued = _RUNNERS[call.name]
    found = split(call.words, valued, stops=True)
    verb, rest = (found.operands[0], found.operands[1:]) if found.operands else ("help", ())
    if verb == "publish":
        return _LOOK if DRY & {*rest} else publishes(call, verb)
    if call.name == "dotenv" and verb not in {*starts, "list", "get", "set"}:
        return call.start(found.operands)
    if (call.name, verb, *rest[:1]) in _SETUPS or verb.startswith("shell."):
        return Effect(fx.READS, output="")
    if verb in starts:
        return _own_script(call, rest, valued) or _started(call, rest, valued)
    if verb in _LOOKS:
        return _LOOK
    return _named(call, verb, rest)


def _own_script(call: Call, words: tuple[str, ...], valued: frozenset[str]) -> Effect | None:
    """Return the effect of a script of the project's manifest; `None` where it has none of that name."""
    found = split(words, valued, stops=True)
    if call.name not in {"pdm", "rye", "hatch", "pipenv"} or not found.operands:
        return None
    return manifest_script(call, call.name, found.operands[0], found.operands[1:])


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
        return executes(call, rest[1:])
    if verb in {"shell", "console"}:
        return _asks(call)
    if call.name == "composer":
        name, arguments = (rest[0], rest[1:]) if verb in {"run", "run-script"} and rest else (verb, rest)
        inside = manifest_script(call, "composer", name, arguments)
        if inside is not None:
            return inside
    if verb in {"run", "run-script", "script"} and rest:
        return named_task(call, rest[0])
    if call.name == "composer" and verb in _WORKS:
        return join((_WORK, composer_hooks(call, verb)))
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
        return executes(call, call.words[1:]) if verb == "run" else _LOOK if verb == "list" else _WORK
    found = split(call.words, _RUNNERS["uv"][1], stops=True)
    return executes(call, found.operands) if found.operands else _LOOK


_VERBS = words_of(
    """
    -C --manifest-path --config -Z --color -p --package --features --target --target-dir -j -f --file -pl --projects
    -P -s -D -T -k --api-key --source -c --configuration -o --output -r --repository --repository-url --project -b
    -I -x
    """
)
_PUBLISHES: dict[str, frozenset[str]] = {
    "cargo": frozenset({"publish"}),
    "gem": frozenset({"push"}),
    "twine": frozenset({"upload"}),
    "flit": frozenset({"publish"}),
    "mvn": words_of("deploy release:perform deploy:deploy deploy:deploy-file release:prepare jib:build"),
    "gradle": words_of(
        """
        publish uploadArchives deploy release appengineDeploy publishPlugins bootBuildImage jib
        """
    )
    - {"bootBuildImage"},
    "dotnet": frozenset({"push"}),
    "nuget": frozenset({"push"}),
    "mix": words_of("hex.publish edeliver"),
    "sbt": words_of("publish publishSigned sonatypeRelease sonatypeBundleRelease release"),
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
    "ant": words_of("deploy publish release"),
    "maturin": words_of("publish upload"),
    "wasm-pack": frozenset({"publish"}),
    "nimble": frozenset({"publish"}),
    "stack": frozenset({"upload"}),
}
_SERVES: dict[str, frozenset[str]] = {
    "cargo": words_of("watch leptos"),
    "mvn": words_of("spring-boot:run jetty:run quarkus:dev tomcat7:run exec:exec"),
    "gradle": words_of("bootRun quarkusDev appRun"),
    "dotnet": frozenset({"watch"}),
    "mix": words_of("phx.server test.watch"),
    "lein": words_of("ring figwheel"),
    "flutter": frozenset({"run", "attach", "logs"}),
    "gem": frozenset({"server"}),
}
_TYPED = {"sbt": frozenset({"", "console", "shell"}), "lein": frozenset({"repl"}), "deno": frozenset({"", "repl"})}
_READS = words_of(
    """
    --version -V --help -h help version tree metadata search info env vet list doctor check verify-project pkgid
    read-manifest locate-project which outdated dependencies tasks properties query contents specification
    owner-list sources --info doc
    """
)
_PUBLISHES |= dict.fromkeys(("gradlew", "gradlew.bat"), _PUBLISHES["gradle"]) | {"mvnw": _PUBLISHES["mvn"]}
_SERVES |= {
    "gradlew": _SERVES["gradle"],
    "gradlew.bat": _SERVES["gradle"],
    "mvnw": _SERVES["mvn"],
    "mvnd": _SERVES["mvn"],
}
_PUBLISHES["mvnd"] = _PUBLISHES["mvn"]
_DRY_HERE = DRY | {"-m", "--snapshot", "--skip=publish"}


def opam(call: Call) -> Effect:
    """Manage OCaml packages; `env` prints a well-known set-up text, `exec` starts words in it (opam(1))."""
    words = split(call.words, words_of("--switch --root --set-root"), stops=True).operands
    if words[:1] == ("env",) or words[:2] == ("config", "env"):
        return Effect(fx.READS, output="")
    if words[:1] == ("exec",):
        return call.start(split(words[1:], words_of("--switch --root"), stops=True).operands)
    return tool(call)


def stack(call: Call) -> Effect:
    """Build Haskell packages, or start words in their environment (stack exec)."""
    words = split(call.words, words_of("--stack-yaml --resolver --work-dir"), stops=True).operands
    return call.start(split(words[1:], stops=True).operands) if words[:1] == ("exec",) else tool(call)


def tool(call: Call) -> Effect:
    """Build, test, publish or serve with a language's own tool (cargo, go, mvn, gradle, dotnet and their like)."""
    found = split(call.words, _VERBS - {"-m", "-c"} | {"-c"}, long_dash=call.name in {"mvn", "mvnw", "mvnd"})
    verbs = tuple(word.rpartition(":")[2] if call.name.startswith("gradle") else word for word in found.operands)
    if verbs[:1] and verbs[0].startswith("+"):
        verbs = verbs[1:]
    names = {*verbs}
    if names & _PUBLISHES.get(call.name, frozenset()) or (call.name.startswith("gradle") and _publishes_some(verbs)):
        return _LOOK if _DRY_HERE & {*call.words} else publishes(call, next(iter(verbs), ""))
    if names & _DROPS or verbs[:3] == ("ef", "database", "drop"):
        return Effect(fx.CHANGES | fx.DESTROYS, call.shows(Workload.DESTRUCTIVE, "drops a database"))
    if (verbs[:3] == ("ef", "database", "update") and "--connection" in call.words) or _on_production(call, names):
        return Effect(fx.CHANGES, call.shows(Workload.DEPLOY, "migrates a database"), touches=fx.touched(call.machine))
    if names & _SERVES.get(call.name, frozenset()) or {"--watch", "--continuous"} & {*call.words}:
        return _long(call, f"`{call.name}` serves or watches without an end")
    first = verbs[0] if verbs else ""
    if first in _TYPED.get(call.name, ()) and not found.options and not call.fed:
        return _asks(call)
    return _tool_rest(call, first, verbs)


_DROPS = frozenset({"ecto.drop", "ecto.reset"})


def _on_production(call: Call, names: set[str]) -> bool:
    return bool(names & {"ecto.migrate", "ecto.rollback"}) and call.variable("MIX_ENV") in {"prod", "staging"}


def _publishes_some(verbs: tuple[str, ...]) -> bool:
    return any(verb.startswith("publish") and not verb.endswith("MavenLocal") for verb in verbs)


def _tool_rest(call: Call, first: str, verbs: tuple[str, ...]) -> Effect:
    if call.name == "cargo" and (
        first == "install" or (first in {"build", "b"} and {"--release", "-r"} & {*call.words})
    ):
        return _long(call, "a release build takes long")
    if first in {"run", "eval"} and call.name == "deno" and not {"--help", "-h"} & set(call.words):
        return deno(call, call.words)
    if call.name == "cargo" and first == "release" and {"--execute", "-x"} & {*call.words}:
        return publishes(call, "release")
    if first == "task" and call.name == "deno" and len(verbs) > 1:
        return named_task(call, verbs[1])
    if first == "yank":
        return Effect(fx.CHANGES | fx.NETWORK | fx.REMOTE, call.shows(Workload.CROSS_MACHINE, "withdraws a release"))
    looks = first in _READS or (not verbs and call.words and call.words[0] in _READS)
    return _LOOK if looks else _WORK


PROGRAMS = {
    **dict.fromkeys(_RUNNERS, runner),
    **dict.fromkeys(("pip", "pip3", "pip2", "pipx-pip"), pip),
    **dict.fromkeys(("uvx", "pipx"), uvx),
    **dict.fromkeys((*_PUBLISHES, "go", "zig", "swift"), tool),
    "opam": opam,
    "stack": stack,
}
