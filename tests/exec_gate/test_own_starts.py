"""The starts of our own programs: let where a client has to make them, and nowhere else."""

import os
import shlex
import sys
from pathlib import Path

import pytest

from headgate.host.home import Home
from headgate.model.action import Caller, Thread
from headgate.model.start import Start
from headgate.surfaces.client_shells import put_link
from headgate.surfaces.guarded import Guarded
from headgate.surfaces.own_starts import OwnStarts

SHIM = os.path.realpath(sys.executable)
CALLER = Caller("guard", "guard-1", Thread.MAIN, "1")
GUARD = Guarded("a", CALLER, "", "/", whole=False)
CALL = Guarded("b", CALLER, "", "/")


@pytest.fixture
def own(tmp_path: Path) -> OwnStarts:
    put_link(SHIM, Home(tmp_path))
    made = OwnStarts(Home(tmp_path))
    made.programs = {SHIM: "shim"}
    return made


def prefixed(home: Path, inner: str) -> Start:
    text = f"{shlex.quote(str(home / 'headgate-shell'))} {shlex.quote(inner)}"
    return Start("/bin/bash", "/bin/bash", ("bash", "-c", text), "/")


def test_a_clients_shell_is_judged_by_what_it_will_run(own: OwnStarts, tmp_path: Path) -> None:
    start, ours = own.unprefixed(GUARD, prefixed(tmp_path, "eval 'ssh web1'"))

    assert (True, ("bash", "-c", "eval 'ssh web1'")) == (ours, start.words)


def test_what_is_not_just_our_prefix_is_judged_as_it_is(own: OwnStarts, tmp_path: Path) -> None:
    good = prefixed(tmp_path, "true")
    more = Start("/bin/bash", "/bin/bash", ("bash", "-c", f"{good.words[-1]} ; ssh web1"), "/")
    elsewhere = prefixed(tmp_path / "elsewhere", "true")
    python = Start("/usr/bin/python3", "/usr/bin/python3", ("python3", "-c", good.words[-1]), "/")
    half = Start("/bin/bash", "/bin/bash", ("bash", "-c", good.words[-1] + " 'tr"), "/")
    alone = Start("/bin/bash", "/bin/bash", ("bash", "-c", str(tmp_path / "headgate-shell")), "/")

    for start in (more, elsewhere, python, half, alone, Start("/bin/bash", "/bin/bash", (), "/")):
        assert (start, False) == own.unprefixed(GUARD, start)
    assert (good, False) == own.unprefixed(CALL, good)  # inside of a call that is no client


def test_our_keeper_may_ask_for_a_clients_shell_under_guard_alone(own: OwnStarts, tmp_path: Path) -> None:
    link = str(tmp_path / "headgate-shell")
    start = Start(link, SHIM, (link, "eval 'true'"), "/")
    elsewhere = Start("/x/headgate-shell", SHIM, start.words, "/")

    assert [True, False, False] == [own.lets(GUARD, start), own.lets(CALL, start), own.lets(GUARD, elsewhere)]


def test_a_text_that_was_put_into_a_call_is_let_for_both_of_its_shells(own: OwnStarts, tmp_path: Path) -> None:
    own.expect("headgate attach tk_1")
    outer, ours = own.unprefixed(GUARD, prefixed(tmp_path, "eval 'headgate attach tk_1'"))
    lets = [own.lets(GUARD, outer, again=ours), own.lets(GUARD, outer), own.lets(GUARD, outer)]

    assert [True, True, False] == lets
