"""JavaScript's package managers: installing is light, a script is what its name and its text say (npm(1))."""

import fnmatch

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import EMPTY, HIDDEN, Effect, join
from headgate.classify.programs.builds import named_task
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import Options, split, words_of
from headgate.classify.programs.publishing import DRY, publishes
from headgate.classify.programs.script_runtimes import bun
from headgate.model.facts import Workload

_LOOK = Effect(fx.READS)
_WORK = Effect(fx.CHANGES | fx.NETWORK)
_NPM = words_of(
    """
    -C --prefix --dir -w --workspace --registry --tag --otp --loglevel --cwd -F --filter --access --userconfig
    --cache --omit --include -p --package -c --call
    """
)
_NPM_READS = words_of(
    """
    ls list ll la view info show v search outdated audit why explain root prefix bin help doctor fund ping whoami
    config get pack-check licenses explore query sbom --version -v versions
    """
)
_NPM_CROSS = words_of("unpublish deprecate dist-tag org owner access team hook token profile star unstar")
_OWN_WORDS = words_of("bunx plugin node pm env setup global policies store patch create version pack link set")
_NPM_STARTS = words_of("exec x dlx")
_NPM_WORK = words_of(
    """
    install i ci add remove rm uninstall un update upgrade up init create link unlink dedupe prune rebuild cache
    pack import version set set-script login logout adduser shrinkwrap store patch fetch env setup global
    self-update clean-install install-test it policies workspaces workspace plugin node pm build test bunx deploy
    """
) - {"test", "deploy", "build"}


class _Manifest(msgspec.Struct, frozen=True):
    scripts: dict[str, str] = {}


_DECODER = msgspec.json.Decoder(_Manifest)


def npm(call: Call) -> Effect:  # noqa: PLR0911 one return a kind of command
    """Install, publish, or run a script of the project (npm(1), yarn, pnpm, bun)."""
    found = split(call.words, _NPM, stops=True)
    verb, rest = (found.operands[0], found.operands[1:]) if found.operands else ("", ())
    if not verb or found.has("--version", "-v", "--help", "-h") or verb in _NPM_READS:
        return join((_WORK, _hooks(call, found, ""))) if not verb and call.name == "yarn" else _LOOK
    folder = found.value("-C", "--prefix", "--dir", "--cwd")
    if verb == "publish" or rest[:2] == ("npm", "publish") or (verb, *rest[:1]) == ("npm", "publish"):
        return _LOOK if DRY & {*call.words} else publishes(call, "publish")
    if verb in _NPM_STARTS and not (call.name != "npm" and verb == "x" and "x" in _manifest(call, folder)):
        return executes(call, rest)
    if verb in _NPM_CROSS and not {"ls", "list", "get"} & {*rest}:
        return Effect(fx.CHANGES | fx.NETWORK | fx.REMOTE, call.shows(Workload.CROSS_MACHINE, "changes the registry"))
    if verb in {"run", "run-script", "rum", "urn"}:
        again = split(rest, _NPM, stops=True)
        return _script(call, again.operands, folder or again.value("--prefix", "-C"))
    if verb in _NPM_WORK and verb not in _OWN_WORDS:
        return join((_WORK, _hooks(call, found, folder)))
    if verb in _OWN_WORDS and verb not in _manifest(call, folder):
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
    scripts = _manifest(call, folder)
    if name not in scripts:
        return named_task(call, name)
    shell = next((word.partition("=")[2] for word in call.words if word.startswith("--script-shell=")), "")
    others = [call.run(f"{shell} -c x")] if shell else []
    arguments = (word for word in words[1:] if word != "--" and not word.startswith("--script-shell"))
    texts = (scripts.get("pre" + name, ""), " ".join((scripts[name], *arguments)), scripts.get("post" + name, ""))
    place = f"cd '{folder}'\n" if folder else ""
    return join((named_task(call, name), *others, *(call.run(place + text) for text in texts if text)))


_LIFECYCLE = words_of("preinstall install postinstall preprepare prepare postprepare")
_INSTALLS = words_of("install i ci add update up upgrade rebuild clean-install install-test it")


def _hooks(call: Call, found: Options, folder: str) -> Effect:
    """Return the effect of the project's own scripts that an installation runs (npm-scripts(7))."""
    verb = found.operands[0] if found.operands else "install"
    if verb not in _INSTALLS or "--ignore-scripts" in call.words or call.machine:
        return EMPTY
    scripts = _manifest(call, folder)
    return join(call.run(text) for name, text in scripts.items() if name in _LIFECYCLE)


def together(call: Call) -> Effect:
    """Run scripts of the project by their names or patterns (npm-run-all, run-s, run-p)."""
    names = split(call.words, words_of("--max-parallel --npm-path")).operands[:20]
    scripts = _manifest(call, "")
    wanted = [key for name in names for key in (fnmatch.filter(scripts, name.split(" ")[0]) or [name])]
    return join(_script(call, (name,), "") for name in wanted if HIDDEN not in name)


def node_script(call: Call, name: str) -> Effect:
    """Return the effect of `node --run`."""
    return _script(call, (name,), "")


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


def executes(call: Call, words: tuple[str, ...]) -> Effect:
    """Return the effect of running a package's program with *words*."""
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


def bun_words(call: Call) -> Effect:
    """Run code or a file, or manage packages (bun)."""
    return bun(call, call.words) or npm(call)


def npx(call: Call) -> Effect:
    """Run a package's program (npx(1), bunx)."""
    return executes(call, call.words)


PROGRAMS = {
    **dict.fromkeys(("npm", "pnpm", "yarn", "cnpm"), npm),
    "bun": bun_words,
    **dict.fromkeys(("npx", "bunx", "pnpx"), npx),
    **dict.fromkeys(("npm-run-all", "npm-run-all2", "run-p", "run-s"), together),
}
