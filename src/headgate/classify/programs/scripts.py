"""Scripts by their path: what the name says, and what the code starts where it is Python's."""

import re
from collections.abc import Callable

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, change
from headgate.classify.programs.call import Call, known
from headgate.classify.programs.code_entry import IN_SCRIPT, MAX_CODE, MAX_DEPTH, UNSURE
from headgate.classify.programs.options import words_of
from headgate.classify.programs.python_code import python_code
from headgate.classify.programs.python_tools import manage
from headgate.classify.shell.loops import digest
from headgate.model.facts import Script, Workload

_DEPLOYS = re.compile(r"(?:deploy|release|publish|rollout)(?:[_-].*)?\Z", re.IGNORECASE)
_NOT_DEPLOYS = re.compile(r"test|notes|check|plan|dry|status|list|lint|valid", re.IGNORECASE)
_TRAINS = re.compile(
    r"(?:train|finetune|fine_tune|pretrain)(?:[_-].*)?\Z|.*[_-](?:train|finetune|training)\Z", re.IGNORECASE
)
_ONLY_LOOKS = words_of("--help -h --version --dry-run -n --check --list --plan")


Judge = Callable[[Call, str], Effect]
_SYSTEM = ("/usr/", "/bin/", "/opt/", "/lib/", "/nix/", "/snap/", "/etc/")
_KNOWN = words_of("setup.py yii spark artisan console conftest.py composer.phar wp-cli.phar")


def script(call: Call, path: str, rest: tuple[str, ...], judge: Judge) -> Effect:
    """Return the effect of the script at *path*: what its name says, and what its code does as *judge* reads it."""
    base = path.rpartition("/")[2]
    stem, _dot, kind = base.partition(".")
    if not kind and "/bin/" in path and known(path):
        return call.start((base, *rest))
    if base == "setup.py" and {"upload", "register"} & {*rest}:
        return Effect(fx.CHANGES | fx.NETWORK, call.shows(Workload.DEPLOY, "publishes a package"))
    if base == "manage.py":
        return manage(msgspec.structs.replace(call, name=base, words=rest))
    if _TRAINS.match(stem) and _ONLY_LOOKS.isdisjoint(rest):
        return Effect(fx.UNSURE, call.shows(Workload.LONG_RUNNING, f"`{base}` trains a model by its name"))
    deploys = bool(_DEPLOYS.match(stem)) and not _NOT_DEPLOYS.search(stem) and _ONLY_LOOKS.isdisjoint(rest)
    inside = read_code(call, path, judge)
    if inside is None:
        own = deploys or call.machine or _own(path, base) or not _ONLY_LOOKS.isdisjoint(rest)
        unread = UNSURE if own else _unread(call, path)
        inside = call.start((base, *rest)) if "node_modules/" in path and known(base) else unread
    else:
        deploys = deploys and any(item.message == IN_SCRIPT for item in inside.evidence)
        inside = change(inside, evidence=tuple(item for item in inside.evidence if item.message != IN_SCRIPT))
    if deploys:
        inside = change(inside, evidence=inside.evidence + call.shows(Workload.DEPLOY, f"`{base}` deploys by its name"))
    return inside


def named(call: Call, name: str, rest: tuple[str, ...]) -> Effect:
    """Return what the *name* of a module says that it does."""
    if not _ONLY_LOOKS.isdisjoint(rest):
        return UNSURE
    if _TRAINS.match(name):
        return Effect(fx.UNSURE, call.shows(Workload.LONG_RUNNING, f"`{name}` trains a model by its name"))
    if _DEPLOYS.match(name) and not _NOT_DEPLOYS.search(name):
        return Effect(fx.UNSURE, call.shows(Workload.DEPLOY, f"`{name}` deploys by its name"))
    return UNSURE


def read_code(call: Call, path: str, judge: Judge) -> Effect | None:
    """Return the effect of the code at *path*, with its hash; `None` where it cannot be read."""
    where = call.absolute(path) if known(path) and not call.machine else ""
    code = call.around.read(where) if where else None
    if code is None or HIDDEN in code:
        return None
    here = (Script(where, digest(code)),)
    if call.shell.depth > MAX_DEPTH or len(code) > MAX_CODE:
        return change(call.opaque("scripts start scripts too deep to follow"), scripts=here)
    inside = judge(call, code)
    return change(inside, scripts=(*here, *inside.scripts))


def _own(path: str, base: str) -> bool:
    """Whether a script is the system's, or one of those that every tree of a framework has."""
    return path.startswith(_SYSTEM) or base in _KNOWN


def _unread(call: Call, path: str) -> Effect:
    return call.opaque(f"`{path.replace(HIDDEN, '…')}` cannot be read before it runs")


def python_script(call: Call, code: str) -> Effect:
    """Judge the code of a Python script."""
    return python_code(call, code, file=True)


def by_name(_call: Call, _code: str) -> Effect:
    """Judge nothing of a script but that it is there."""
    return UNSURE
