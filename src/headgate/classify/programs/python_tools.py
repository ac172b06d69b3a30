"""Programs of Python's world: management commands, and servers and trainers that run until they are ended."""

from headgate.classify import effect as fx
from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.code_entry import LOOK, UNSURE, alone, fed, person, unknown_input
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.python_code import python_code
from headgate.model.facts import Workload

_MANAGE_LONG = words_of("runserver runserver_plus testserver qcluster process_tasks rqworker runworker celery")
_MANAGE_PERSON = words_of("shell shell_plus dbshell createsuperuser changepassword")


def manage(call: Call) -> Effect:
    """Run a Django management command."""
    found = split(call.words, words_of("--settings --pythonpath --database -v --verbosity -c --command"))
    name = found.operands[0] if found.operands else ""
    if not name or found.has("--help", "--version"):
        return LOOK
    if name in _MANAGE_LONG:
        return Effect(fx.UNSURE | fx.NETWORK, call.shows(Workload.LONG_RUNNING, f"`{name}` serves until it is ended"))
    if name in {"flush", "reset_db", "sqlflush"} - {"sqlflush"}:
        return Effect(fx.CHANGES | fx.DESTROYS, call.shows(Workload.DESTRUCTIVE, "empties the database"))
    if name in {"shell", "shell_plus"} and (found.has("-c", "--command") or call.fed):
        code = found.value("-c", "--command") or fed(call)
        return unknown_input(call) if code is None else python_code(alone(call), code)
    if name in _MANAGE_PERSON and not call.fed and not found.has("--noinput", "--no-input"):
        return person(call)
    return LOOK if name in {"check", "showmigrations", "diffsettings", "sqlmigrate"} else UNSURE


_SERVES = words_of(
    """
    uvicorn gunicorn hypercorn daphne waitress-serve streamlit torchrun accelerate deepspeed voila
    """
)
_SERVE_WORDS: dict[str, frozenset[str]] = {
    "celery": words_of("worker beat flower events multi"),
    "flask": frozenset({"run"}),
    "jupyter": words_of("notebook lab server nbclassic"),
}


def server(call: Call) -> Effect:
    """Serve, or train, until it is ended or done; some subcommands only look."""
    if {"--version", "--help", "-h", "--check-config", "config", "env", "hello"} & set(call.words):
        return LOOK
    words = _SERVE_WORDS.get(call.name)
    if words is None or not words.isdisjoint(call.words):
        return Effect(
            fx.UNSURE | fx.NETWORK, call.shows(Workload.LONG_RUNNING, f"`{call.name}` runs until it is ended")
        )
    if call.name == "flask" and call.words[-1:] == ("shell",):
        return person(call)
    return UNSURE


PROGRAMS = {
    **dict.fromkeys(("manage.py", "django-admin"), manage),
    **dict.fromkeys((*_SERVES, *_SERVE_WORDS, "jupyter-lab", "jupyter-notebook"), server),
}
