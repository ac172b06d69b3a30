"""Python: code, a module, a script, what is fed, or a person's lines (python(1))."""

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, change, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.code_entry import (
    FILTER,
    IN_SCRIPT,
    LOOK,
    UNSURE,
    Language,
    alone,
    control,
    entry_of,
    fed,
    person,
    unknown_input,
)
from headgate.classify.programs.gate_code import internal
from headgate.classify.programs.options import words_of
from headgate.classify.programs.python_code import python_code
from headgate.classify.programs.scripts import named, python_script, read_code, script
from headgate.model.facts import Workload

_PYTHON = Language(
    code=frozenset({"-c"}),
    valued=words_of("-W -X -Q -m --check-hash-based-pycs"),
    looks=words_of("--version --help -V -VV -h -? --help-all --help-env --help-xoptions"),
)
_AS_PROGRAM = {
    **{
        name: name
        for name in words_of(
            """
            pytest pip twine celery uvicorn gunicorn hypercorn daphne flask streamlit headgate
            """
        )
    },
    **{
        name: name
        for name in words_of(
            """
            jupyter nox tox invoke ansible poetry virtualenv pipx ipython bpython ptpython mkdocs
            """
        )
    },
    **{
        name: name
        for name in words_of(
            """
        django torchrun accelerate deepspeed alembic awscli aider uv mypy ruff black
        """
        )
    },
    "IPython": "ipython",
    "headgate.__main__": "headgate",
    "django": "django-admin",
    "awscli": "aws",
    "torch.distributed.run": "torchrun",
    "torch.distributed.launch": "torchrun",
}
_SERVERS = words_of(
    """
    http.server SimpleHTTPServer smtpd pyftpdlib aiosmtpd xmlrpc.server wsgiref.simple_server pydoc
    """
)
_IPYTHON = words_of("profile locate history kernel kernelspec trust")
_REPLS = words_of("pdb code asyncio ptpython idlelib IPython.terminal")
_RUNS_MODULES = words_of("runpy pdb trace cProfile profile coverage debugpy viztracer pyinstrument")
"""Modules that run another: `python -m cProfile -m NAME`."""

_MODULE_FILTERS = words_of("json.tool tabnanny this platform site sysconfig dis ast tokenize base64 calendar")


def python(call: Call) -> Effect:
    """Run Python: code, a module, a script, what is fed, or a person's lines (python(1))."""
    words = call.words
    at = _module_at(words)
    if at >= 0:
        return _module(call, words[at + 1 :][:1], words[at + 2 :], words[at])
    entry = entry_of(words, _PYTHON)
    if entry.options & _PYTHON.looks:
        return LOOK
    if call.name.startswith("ipython") and entry.script in _IPYTHON:
        return UNSURE
    if entry.code:
        found = python_code(call, entry.code[0])
    elif entry.script not in {"", "-"}:
        found = script(call, entry.script, entry.rest, python_script)
    elif call.fed:
        code = fed(call)
        return unknown_input(call) if code is None else python_code(alone(call), code)
    else:
        return person(call)
    return join((found, person(call))) if "-i" in entry.options else found


def _module_at(words: tuple[str, ...]) -> int:
    """Return where `-m` stands among Python's own options, or -1."""
    skip = False
    for at, word in enumerate(words):
        if skip:
            skip = False
        elif not word.startswith("-") or word in {"-", "--"} or "c" in word[1:2]:
            return -1
        elif word in {"-W", "-X"}:
            skip = True
        elif "m" in word[1:] and not word.startswith(("--", "-W", "-X", "-c")):
            return at
    return -1


def _module(call: Call, name: tuple[str, ...], rest: tuple[str, ...], option: str) -> Effect:
    attached = option.partition("m")[2]
    if attached:
        name, rest = (attached,), (*name, *rest)
    module = name[0] if name else ""
    if not module or HIDDEN in module:
        return call.opaque("the module it runs is not known before it runs") if module else LOOK
    if module in _RUNS_MODULES:
        behind = rest[rest.index("-m") + 1 :] if "-m" in rest else rest
        module, rest = (behind[0], behind[1:]) if behind[:1] and internal(behind[0]) else (module, rest)
    if module in _AS_PROGRAM:
        return call.start((_AS_PROGRAM[module], *rest))
    if internal(module) and not call.machine:
        return control(call, "runs a part of the gate's own package")
    return _own_module(call, module, rest)


def _own_module(call: Call, module: str, rest: tuple[str, ...]) -> Effect:
    """Return the effect of a module that is no program of its own."""
    if {"--help", "-h", "--version"} & set(rest[:1]):
        return LOOK
    if module in _SERVERS and (module != "pydoc" or {"-p", "-b"} & set(rest)):
        return Effect(fx.UNSURE | fx.NETWORK, call.shows(Workload.LONG_RUNNING, f"`{module}` serves until it is ended"))
    if module in _REPLS and not call.fed:
        return person(call)
    if module in _MODULE_FILTERS:
        return FILTER
    name = module.removesuffix(".__main__")
    for folder in ("", "src/"):
        for end in (".py", "/__main__.py"):
            inside = read_code(call, folder + name.replace(".", "/") + end, python_script)
            if inside is not None:
                return change(inside, evidence=tuple(item for item in inside.evidence if item.message != IN_SCRIPT))
    return named(call, name.rpartition(".")[2], rest)


_PYTHONS = ("python", "python2", "python3", "python2.7", "pypy", "pypy3", "ipython", "ipython3", "py", "jython")


PROGRAMS = dict.fromkeys((*_PYTHONS, *(f"python3.{minor}" for minor in range(5, 17))), python)
