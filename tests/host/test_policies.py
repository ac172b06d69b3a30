"""The policy's files on this machine: layers, trust, changes, and what a mistake does."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from headgate.classify import classify
from headgate.classify.inventory import Inventory
from headgate.classify.surroundings import Surroundings
from headgate.decide.evaluate import decide
from headgate.decide.policy import Policy
from headgate.decide.rules import Layer, Mode
from headgate.decide.schema import Situation
from headgate.host.policies import PolicyFiles
from headgate.host.policy_trust import MAX_SIZE, trusted
from headgate.model.action import ShellAction, Thread
from headgate.model.errors import HeadgateError
from headgate.wiring import shipped_texts

DENY = """schema = 1
[[rule]]
id = "no-probes"
decision = "deny"
when.workload.any = ["remote-probe"]
reason = "Not from here."
"""
ORGANISATION = 'schema = 1\nprofile = "balanced"\n' + DENY.partition("\n")[2]


class Places:
    """The three places of a test."""

    def __init__(self, folder: Path) -> None:
        self.organisation = folder / "etc" / "policy.toml"
        self.user = folder / "config" / "policy.toml"
        self.project = folder / "work" / "repo" / ".headgate" / "policy.toml"
        for path in (self.organisation, self.user, self.project):
            path.parent.mkdir(parents=True)
        self.repo = str(self.project.parents[1])
        self.files = PolicyFiles(self.user, shipped_texts, self.organisation)

    def here(self, *places: str) -> Policy:
        return self.files.reading(self.files.folders(places)).policy

    def mistakes(self, *places: str) -> str:
        return self.files.reading(self.files.folders(places)).mistakes


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path)


def answer(policy: Policy, command: str = "ssh web1 uptime", thread: Thread = Thread.MAIN) -> str:
    facts = classify(ShellAction(command, "/repo"), Surroundings(), Inventory(policy.inventory))
    return decide(facts, Situation(thread), policy).strictness.word


def test_without_any_file_the_shipped_policy_is_in_force(places: Places) -> None:
    assert [(Layer.SHIPPED, "default.toml")] == [(part.layer, part.file) for part in places.here().parts]
    assert "allow" == answer(places.here())


@pytest.mark.parametrize("place", ["organisation", "user"])
def test_a_layer_is_in_force_everywhere_and_says_where_it_stands(places: Places, place: str) -> None:
    path: Path = getattr(places, place)
    path.write_text(ORGANISATION if place == "organisation" else DENY)

    rule = next(rule for rule in places.here().rules if rule.id == "no-probes")

    assert "deny" == answer(places.here())
    assert f"{place} {path}:{rule.line}" == rule.source


def test_a_projects_layer_is_in_force_in_it_and_below_and_nowhere_else(places: Places, tmp_path: Path) -> None:
    places.project.write_text(DENY)
    below = Path(places.repo) / "src" / "deep"
    below.mkdir(parents=True)
    link = tmp_path / "link"
    link.symlink_to(below)

    assert ["deny", "deny", "deny"] == [answer(places.here(where)) for where in (places.repo, str(below), str(link))]
    assert ["allow", "allow"] == [answer(places.here(where)) for where in (str(tmp_path), "/")]


def test_projects_of_several_places_are_joined(places: Places, tmp_path: Path) -> None:
    places.project.write_text(DENY)
    other = tmp_path / "other" / ".headgate" / "policy.toml"
    other.parent.mkdir(parents=True)
    other.write_text(DENY.replace("remote-probe", "restart"))
    both = places.here(places.repo, str(tmp_path / "other"))

    assert ("deny", "deny") == (answer(both), answer(both, "systemctl restart nginx"))


def test_an_organisation_may_stand_alone_or_on_a_profile(places: Places) -> None:
    places.organisation.write_text('schema = 1\ndefault = "confirm"\n')
    alone = places.here()
    places.organisation.write_text('schema = 1\nprofile = "strict"\n')

    assert ([], "confirm") == ([rule.id for rule in alone.rules], answer(alone))
    assert "delegate" == answer(places.here())


def test_a_user_or_a_project_may_choose_strict_and_nothing_looser(places: Places) -> None:
    places.user.write_text('schema = 1\nprofile = "strict"\n')
    strict = answer(places.here())
    places.user.write_text('schema = 1\nprofile = "balanced"\n')
    balanced = answer(places.here())
    places.user.write_text('schema = 1\nprofile = "observe"\n')

    assert ("delegate", "allow") == (strict, balanced)
    assert "`observe` enforces nothing, so only the organisation layer can choose it" in places.mistakes()
    assert Mode.ENFORCE is places.here().mode


def test_only_the_organisation_can_observe(places: Places) -> None:
    places.organisation.write_text('schema = 1\nprofile = "observe"\n')

    assert (Mode.OBSERVE, "observe") == (places.here().mode, places.here().profile)


# -- changes --------------------------------------------------------------------------------------


def test_a_changed_file_is_read_again_and_an_unchanged_one_is_not(places: Places) -> None:
    first = places.files.reading()
    places.user.write_text(DENY)
    second = places.files.reading()
    places.user.unlink()

    assert first is not second
    assert second.policy.digest != first.policy.digest == places.here().digest
    assert places.files.reading() is places.files.reading()


BROKEN: dict[str, Callable[[Path], object]] = {
    "no TOML": lambda path: path.write_text("a b"),
    "a mistake": lambda path: path.write_text(DENY.replace("workload", "wrkload")),
    "an example that does not hold": lambda path: path.write_text(DENY + 'match = ["git status"]\n'),
    "a broken invariant": lambda path: path.write_text(
        DENY + '[[invariant]]\nid = "i"\ngiven = { heavy = false }\nat_least = "deny"\n'
    ),
    "no text": lambda path: path.write_bytes(b"\xff\xfe"),
    "too large": lambda path: path.write_text("#" * (MAX_SIZE + 1)),
    "a folder": lambda path: (path.unlink(missing_ok=True), path.mkdir()),
    "a pipe": lambda path: (path.unlink(missing_ok=True), os.mkfifo(path)),
    "deep": lambda path: path.write_text("a = " + "[" * 5000 + "]" * 5000),
    "a number that is none": lambda path: path.write_text(DENY + "when.steps.at_least = nan\n"),
    "a key without end": lambda path: path.write_text("a." * 5000 + "a = 1\n"),
    "a pattern of every letter": lambda path: path.write_text(
        DENY.replace("when.workload.any", "when.machines.any").replace(
            "remote-probe", "*xyzqwkjvb0123456789~*" + "".join(map(chr, range(0xE000, 0xE010)))
        )
        + '[[invariant]]\nid = "i"\ngiven = { heavy = false }\nat_least = "deny"\n'
    ),
    "a line end in a reason": lambda path: path.write_text(DENY.replace("Not from here.", "a\\nb")),
    "a number of too many digits": lambda path: path.write_text("schema = " + "1" * 5000),
}


@pytest.mark.parametrize("place", ["organisation", "user", "project"])
@pytest.mark.parametrize("what", BROKEN)
def test_a_version_that_is_wrong_keeps_the_last_good_one_and_is_told(places: Places, place: str, what: str) -> None:
    path: Path = getattr(places, place)
    path.write_text(ORGANISATION if place == "organisation" else DENY)
    good = places.here(places.repo)
    BROKEN[what](path)

    assert str(path) in places.mistakes(places.repo)
    assert ("deny", good.digest) == (answer(places.here(places.repo)), places.here(places.repo).digest)


@pytest.mark.parametrize("place", ["organisation", "user", "project"])
@pytest.mark.parametrize("what", BROKEN)
def test_a_file_that_is_wrong_from_the_start_leaves_only_reading(places: Places, place: str, what: str) -> None:
    BROKEN[what](getattr(places, place))
    policy = places.here(places.repo)

    assert "allow" == answer(policy, "cat notes.txt")
    assert ["deny"] * 4 == [
        answer(policy, command) for command in ("git commit -m x", "ssh web1 uptime", "echo a > b", "make")
    ]
    assert "deny" == answer(policy, "make", Thread.WORKER)
    assert places.mistakes(places.repo)


def test_what_the_layers_above_deny_stays_denied_where_a_project_is_broken(places: Places) -> None:
    deny = '[[rule]]\nid = "no-cat"\ndecision = "deny"\nreason = "r"\nwhen.programs.any = "cat"\n'
    places.organisation.write_text(f'schema = 1\nprofile = "balanced"\n{deny}')
    places.user.write_text("schema = 1\n" + deny.replace("no-cat", "no-head").replace('"cat"', '"head"'))
    places.project.write_text("a b")
    policy = places.here(places.repo)

    assert ["deny", "deny", "deny", "allow"] == [
        answer(policy, f"{name} x") for name in ("cat", "head", "make", "tail")
    ]


def test_a_projects_layer_stays_for_a_session_that_saw_it_where_its_file_vanishes(places: Places) -> None:
    places.project.write_text(DENY)
    places.here(places.repo)
    places.project.unlink()

    assert (places.repo,) == places.files.gone([places.repo, "/"])
    assert () == places.files.folders([places.repo])
    reading = places.files.reading((places.repo,))
    assert ("deny", True) == (answer(reading.policy), "it is gone; its last version stays in force" in reading.mistakes)


def test_where_one_file_cannot_be_read_a_new_version_of_another_is_in_force_all_the_same(places: Places) -> None:
    places.project.write_text(DENY)
    places.here(places.repo)
    places.project.unlink()
    places.user.write_text(DENY.replace("remote-probe", "restart"))
    reading = places.files.reading((places.repo,))

    assert ["deny", "deny"] == [answer(reading.policy, text) for text in ("ssh web1 uptime", "systemctl restart nginx")]


def test_a_link_that_leads_nowhere_is_no_missing_file(places: Places, tmp_path: Path) -> None:
    places.organisation.symlink_to(tmp_path / "not-mounted" / "policy.toml")

    assert f"{places.organisation}:1: it cannot be read (No such file or directory)" == places.mistakes()
    assert "deny" == answer(places.here(), "make")


def test_a_broken_project_does_not_stop_others(places: Places) -> None:
    places.project.write_text("a b")

    assert ("deny", "allow") == (answer(places.here(places.repo), "make"), answer(places.here("/"), "make"))


def test_a_repaired_file_is_in_force_again(places: Places) -> None:
    places.user.write_text("a b")
    before = places.mistakes()
    places.user.write_text(DENY)

    assert ("", "deny") == (places.mistakes(), answer(places.here()))
    assert before


def test_a_file_replaced_with_one_of_the_same_size_and_time_is_read_again(places: Places) -> None:
    places.user.write_text(DENY)
    found, _ = places.user.stat(), places.here()
    other = places.user.with_name("other")
    other.write_text(DENY.replace('["remote-probe"]', '["log-tail"]    '))
    os.utime(other, ns=(found.st_atime_ns, found.st_mtime_ns))
    other.rename(places.user)

    assert ("allow", "deny") == (answer(places.here()), answer(places.here(), "tail -f x"))


# -- trust ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["organisation", "user"])
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_is_not_believed(places: Places, place: str, mode: int) -> None:
    path: Path = getattr(places, place)
    path.write_text(ORGANISATION if place == "organisation" else DENY)
    path.chmod(mode)

    assert f"{path}:1: others than its owner may write it (mode {mode:o}): chmod go-w" == places.mistakes()
    assert "deny" == answer(places.here(), "make")


def test_a_folder_that_others_may_write_is_not_believed(places: Places) -> None:
    places.organisation.write_text(ORGANISATION)
    places.organisation.parent.chmod(0o777)

    assert "only root may write it: chown root, chmod go-w" in places.mistakes()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("place", ["organisation", "user"])
def test_a_file_of_somebody_else_is_not_believed(places: Places, place: str) -> None:
    path: Path = getattr(places, place)
    path.write_text(ORGANISATION if place == "organisation" else DENY)
    os.chown(path, 12345, -1)

    assert "not to user 12345: chown it" in places.mistakes()


def test_a_project_may_belong_to_anybody_for_it_can_only_tighten(places: Places) -> None:
    places.project.write_text(DENY)
    places.project.chmod(0o666)

    assert DENY == trusted(places.project, Layer.PROJECT)
    with pytest.raises(HeadgateError, match="others than its owner may write it"):
        trusted(places.project, Layer.USER)
