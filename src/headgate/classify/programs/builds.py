"""Builders, task runners, test runners and development servers: what a target's name says, and what never ends."""

import re

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, join
from headgate.classify.programs import targets as targets_of
from headgate.classify.programs.call import Call
from headgate.classify.programs.code_entry import alone
from headgate.classify.programs.makefiles import Makefile
from headgate.classify.programs.options import Options, split, words_of
from headgate.model.facts import Workload

_LOOK = Effect(fx.READS)
_WORK = Effect(fx.CHANGES)
_PARTS = re.compile(r"[-_:./]")

_DEPLOYS = words_of("deploy release publish rollout rollback promote ship undeploy")
_RESTARTS = words_of("restart stop reload")
_SERVES = words_of("dev start serve watch preview storybook server devserver runserver")
_LAST_SERVES = words_of("watch serve")
_DRY = words_of("dry dryrun check plan notes test lint preview verify docs")


def named_task(call: Call, name: str) -> Effect:
    """Return what the name of a task says that it does: deploy, restart, serve; else it is ordinary work."""
    parts = _PARTS.split(name.lower())
    if name.startswith("db:migrate") or name in {"db:rollback", "db:drop", "db:reset"}:
        return _migrates(call, name)
    if parts[0] in _DEPLOYS or (parts[-1] in {"deploy", "publish"} and parts[0] not in _DRY):
        if _DRY & {*parts[1:]}:
            return Effect(fx.UNSURE)
        shown = call.shows(Workload.DEPLOY, f"the task `{name}` deploys or releases")
        return Effect(fx.CHANGES | fx.NETWORK | fx.REMOTE, shown, touches=fx.touched(call.machine))
    if parts[0] in _RESTARTS:
        return Effect(
            fx.CHANGES,
            call.shows(Workload.RESTART, f"the task `{name}` stops or starts"),
            touches=fx.touched(call.machine),
        )
    if parts[0] in _SERVES or parts[-1] in _LAST_SERVES:
        return serving(call, f"the task `{name}` serves or watches without an end")
    return Effect(fx.UNSURE)


def _migrates(call: Call, name: str) -> Effect:
    if name in {"db:drop", "db:reset", "db:migrate:reset"}:
        return Effect(fx.CHANGES | fx.DESTROYS, call.shows(Workload.DESTRUCTIVE, f"`{name}` drops a database"))
    if name == "db:migrate:status":
        return _LOOK
    return Effect(fx.CHANGES, call.shows(Workload.DEPLOY, "migrates a database"), touches=fx.touched(call.machine))


def serving(call: Call, why: str) -> Effect:
    """Return the effect of a server or a watcher in the foreground."""
    return Effect(fx.CHANGES | fx.NETWORK, call.shows(Workload.LONG_RUNNING, why))


# -- runners of named tasks ---------------------------------------------------------------------

_VALUED: dict[str, frozenset[str]] = {
    "make": words_of("-C --directory -f --file --makefile -I --include-dir -o -W -l --eval"),
    "ninja": words_of("-C -f -j -k -l -d -t"),
    "just": words_of("-f --justfile -d --working-directory --set --shell --color -E --dotenv-path --chooser"),
    "task": words_of("-d --dir -t --taskfile -o --output -C --concurrency -I --interval"),
    "rake": words_of("-f --rakefile -I -r -C --directory -R -j -e --execute"),
    "bazel": words_of("--output_base --config -c --jobs"),
}
_SAME = {"gmake": "make", "bmake": "make", "remake": "make", "samu": "ninja", "go-task": "task", "bazelisk": "bazel"}
_DRY_RUNS = {
    "make": ("-n", "--just-print", "--dry-run", "--recon", "-q", "--question", "-p", "-v", "--version", "-h", "--help"),
    "ninja": ("-n", "--version", "-h", "-t"),
    "just": ("-n", "--dry-run", "-l", "--list", "--summary", "--show", "--evaluate", "--dump", "--version", "--help"),
    "task": ("-n", "--dry", "-l", "--list", "-a", "--list-all", "--status", "--version", "--help", "--summary"),
    "rake": ("-n", "--dry-run", "-T", "--tasks", "-P", "--prereqs", "-D", "--version", "-V", "--help", "-W"),
}
_LONG_TARGETS = words_of(
    """
    world kernel buildworld buildkernel vmlinux bzImage allmodconfig-build deb-pkg bindeb-pkg
    """
)


def tasks(call: Call) -> Effect:
    """Build named targets; a recipe that is fed from elsewhere cannot be known (make(1), just, task, rake)."""
    name = _SAME.get(call.name, call.name)
    found = split(call.words, _VALUED.get(name, frozenset()))
    if found.has(*_DRY_RUNS.get(name, ("--version", "--help"))) and not found.has("--eval"):
        return _LOOK
    if found.has("-w", "--watch") and name == "task":
        return serving(call, "watches files without an end")
    targets = [word for word in found.operands if "=" not in word]
    known = [named_task(call, word) for word in targets if HIDDEN not in word]
    if not _LONG_TARGETS.isdisjoint(targets):
        known.append(Effect(fx.CHANGES, call.shows(Workload.LONG_RUNNING, "builds a whole system")))
    return join((Effect(fx.CHANGES), *known, *_recipes(call, name, found, targets)))


def _recipes(call: Call, name: str, found: Options, targets: list[str]) -> list[Effect]:
    """Return the effects of the recipes that can be read."""
    given = tuple(word for word in found.operands if "=" in word)
    targets = [word for word in targets if HIDDEN not in word]
    if name == "make":
        return _make_recipes(call, found, targets, given)
    if name == "just":
        folder = found.value("-d", "--working-directory")
        return targets_of.just(call, targets, given, folder, found.value("-f", "--justfile"))
    if name == "task":
        return targets_of.task(call, targets, found.value("-d", "--dir"), found.value("-t", "--taskfile"))
    return []


def _make_recipes(call: Call, found: Options, targets: list[str], given: tuple[str, ...]) -> list[Effect]:
    """Return the effects of make's recipes: of the tree's makefiles, of those that are fed, or of texts."""
    folder = "/".join(found.values("-C", "--directory"))
    files = found.values("-f", "--file", "--makefile")
    if "-" in files and call.stdin is None:
        return [call.opaque("the recipes are fed to it, and are no file")]
    if any(HIDDEN in text for text in (*files, *found.values("--eval"))):
        return [call.opaque("the recipes are not known before it runs")]
    texts = [*found.values("--eval"), *([call.stdin or ""] if "-" in files else [])]
    effects = targets_of.make(call, targets, given, folder, tuple(file for file in files if file != "-"))
    for text in texts:
        file = Makefile(lambda _path: None)
        file.take(text)
        effects += targets_of.made(alone(call), file, targets, folder)
    unread = files and not effects and not texts and not call.machine
    return [*effects, call.opaque("the recipes that it names cannot be read before it runs")] if unread else effects


# -- test runners, compilers and their like -----------------------------------------------------

_WATCHES = words_of("--watch -w --watchAll --watch-all --continuous -f --looponfail --hot --watch=true --serve")
_WATCH_LETTER = words_of("tsc webpack rollup tailwindcss babel swc mocha sass")


def runner(call: Call) -> Effect:
    """Test, compile or check once; watching never ends."""
    given = {word.partition("=")[0] for word in call.words if word.startswith("-") and not word.endswith("=false")}
    if call.name in {"ptw", "pytest-watch"} and not given & {"--version", "--help", "-h"}:
        return serving(call, f"`{call.name}` watches files without an end")
    marks = _WATCHES - {"-f"}
    marks = marks if call.name in _WATCH_LETTER else marks - {"-w"}
    verb = call.words[0] if call.words else ""
    if (marks & given or verb in {"serve", "watch", "dev"}) and "--watch=false" not in call.words:
        return serving(call, f"`{call.name}` watches files without an end")
    if given & {"--version", "--help", "-h", "--collect-only", "--noEmit", "--list", "--showConfig"}:
        return _LOOK
    return _WORK


_ONCE = words_of(
    """
    build lint test generate g new add version --version help --help -v info init update e2e extract-i18n export
    compile check routes shell-init config create migrate --check-config gem prepare doctor run-script nbconvert
    list run db:seed assets:precompile
    """
)
_ASKS = frozenset({"console", "c", "dbconsole", "shell", "repl"})


def server(call: Call) -> Effect:
    """Start a development server, unless the first word is one of the tool's short jobs."""
    found = split(call.words, words_of("--app -A --env-file -e --debug -c --config --port -p --host --prefix"))
    verb = found.operands[0] if found.operands else ""
    if verb.startswith("db:"):
        return named_task(call, verb)
    if verb in {"gh-deploy", "deploy"}:
        return named_task(call, "deploy")
    if verb in _ASKS and not call.fed:
        return Effect(fx.INTERACTIVE | fx.UNSURE, call.shows(Workload.INTERACTIVE, "waits for a person to type"))
    if found.has("--version", "--help", "-h", "-v", "--check-config"):
        return _LOOK
    if (
        verb in _ONCE
        or (not verb and call.name in _BARE_IS_SHORT)
        or (call.name in _BARE_IS_SHORT and verb not in _STARTS)
    ):
        return _WORK
    return serving(call, f"`{call.name} {verb}".rstrip().replace(HIDDEN, "…") + "` serves without an end")


_STARTS = words_of(
    """
    dev start serve server s preview run-server runserver watch worker beat scheduler webserver notebook lab
    """
)
_STARTS |= {"run", "standalone", "studio", "web"}
_BARE_IS_SHORT = words_of(
    """
    hexo next nuxt astro ng remix rails hugo jekyll mkdocs expo gatsby airflow storybook nest
    dagster prefect vue-cli-service react-scripts docusaurus eleventy svelte-kit turbo nx zola gradio
    chainlit ray mlflow
    """
)
_SERVERS = words_of(
    """
    vite http-server live-server json-server serve puma unicorn
    tsx-watch ts-node-dev parcel metro browser-sync air bentoml watchman-wait guard
    pm2-dev webpack-dev-server caddy-dev verdaccio start-storybook grip
    localtunnel lt ngrok
    """
)


def together(call: Call) -> Effect:
    """Run several texts at once (concurrently)."""
    valued = words_of("-n --names -c --prefix-colors -p --prefix -m --max-processes --kill-others-on")
    texts = split(call.words, valued).operands
    return join(call.run(text if not text.startswith("npm:") else "npm run " + text[4:]) for text in texts[:20])


def cmake(call: Call) -> Effect:
    """Configure and build; `-E` runs a program, `-P` a script (cmake(1))."""
    words = call.words
    if words[:1] == ("-E",):
        name, rest = (words[1:2] or ("",))[0], words[2:]
        if name == "env":
            return call.start(("env", *(word for word in rest if not word.startswith("--modify"))))
        return call.start(rest[1:] if name == "chdir" else rest) if name in {"time", "chdir"} else _WORK
    if words[-2:-1] == ("-P",):
        where = call.absolute(words[-1]) if HIDDEN not in words[-1] and not call.machine else ""
        text = call.around.read(where) if where else None
        if text is None:
            return call.opaque("the script that it runs cannot be read")
        runs = [call.start(tuple(match[1].replace('"', "").split())) for match in _EXECUTES.finditer(text)]
        return join((_WORK, *runs))
    return runner(call)


_EXECUTES = re.compile(r"execute_process\s*\(\s*COMMAND\s+([^)]*?)\s*(?:\)|\n\s*[A-Z_]+\s)", re.IGNORECASE)


def training(call: Call) -> Effect:
    """Train a model, for as long as it takes (torchrun, accelerate)."""
    verb = call.words[0] if call.words else ""
    if verb in {"config", "env", "test", "estimate-memory", "--help", "--version", "-h"}:
        return _LOOK if verb != "config" else _WORK
    return Effect(fx.CHANGES, call.shows(Workload.LONG_RUNNING, "trains a model"))


def monorepo(call: Call) -> Effect:
    """Run tasks of a workspace by name (nx, turbo)."""
    found = split(call.words, words_of("--filter -F -t --target --targets -p --projects --base --head --cwd"))
    words = [word for word in (*found.operands, *found.values("-t", "--target", "--targets")) if HIDDEN not in word]
    if found.has("--dry-run", "--dry", "--graph") or not words:
        return _LOOK
    names = [part for word in words if word not in {"run", "run-many", "affected"} for part in word.split(":")]
    return join((Effect(fx.CHANGES), *(named_task(call, name) for name in names)))


_PLAIN = words_of(
    """
    meson tox nox pre-commit pytest py.test jest vitest mocha ava ctest cucumber rspec phpunit karma
    playwright cypress tsc webpack rollup esbuild babel swc sass tailwindcss eslint prettier ruff mypy black isort
    flake8 pylint pyright stylelint biome golangci-lint gofmt rustfmt clang-format clang-tidy shellcheck gcc g++
    clang clang++ cc c++ ld javac kotlinc rustc protoc sphinx-build coverage hypothesis autoconf
    automake configure scons waf pants buck2 bear ccache dub nim crystal ptw pytest-watch lint-imports import-linter ty
    uvx-ruff bandit vulture deptry
    """
)

PROGRAMS = {
    **dict.fromkeys((*_VALUED, *_SAME), tasks),
    **dict.fromkeys(_PLAIN, runner),
    **dict.fromkeys(sorted(_BARE_IS_SHORT | _SERVERS), server),
    **dict.fromkeys(("nx", "turbo"), monorepo),
    "concurrently": together,
    "cmake": cmake,
    **dict.fromkeys(words_of("horovodrun axolotl llamafactory-cli"), training),
}
