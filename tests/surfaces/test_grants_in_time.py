"""What people granted, as time goes on: whatever a clock says, nothing that is over comes back."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import msgspec
import pytest

from headgate.decide.layers import Text, join
from headgate.decide.policy import Policy
from headgate.decide.rules import Layer
from headgate.decide.schema import Moment
from headgate.enforce.questions import MOST_OPEN
from headgate.host.clock import SystemClock
from headgate.host.home import Home
from headgate.host.keys import SigningKey
from headgate.host.world import HostWorld
from headgate.model.action import Caller, ShellAction, Thread
from headgate.model.approval import ApprovalState
from headgate.model.errors import HeadgateError
from headgate.model.outcome import Ask, Outcome, Refuse, Rewrite, Run
from headgate.model.override import Scope
from headgate.model.person import Person
from headgate.model.steady import Steady
from headgate.pipeline import Asked, Ports, handle
from headgate.ports import Store
from headgate.record.events import ApprovalExpired, OverrideEnded, decode
from headgate.store.memory import MemoryStore
from headgate.store.sqlite import SqliteStore
from headgate.surfaces.approvals import Approvals
from headgate.surfaces.overrides import Overrides, Wish
from headgate.wiring import shipped_policy, shipped_texts

ADA, BOB = Person("ada", "terminal"), Person("bob", "terminal", ("oncall",))
DROP = ShellAction("git push --force origin main", "/repo")
RESTART = ShellAction("ssh staging-1 'systemctl restart app'", "/repo")
SCOPE = Scope(workloads=("restart", "remote-session"), machines=("staging-*",))
LIFE = 900.0


class Clocks:
    """Two clocks: one that anybody may set, and one that only goes on."""

    def __init__(self) -> None:
        self.wall, self.ran, self.boot = 1_000_000.0, 50.0, "first"

    def now(self) -> float:
        return self.wall

    def steady(self) -> Steady:
        return Steady(self.boot, self.ran)

    def moment(self, at: float) -> Moment:
        return SystemClock().moment(at)

    def wait(self, seconds: float) -> None:
        self.wall += seconds
        self.ran += seconds


class Desk:
    """A gate without its daemon."""

    def __init__(self, store: Store, folder: Path, policy: Policy | None = None) -> None:
        self.clocks = Clocks()
        self.store = store
        self.policy = policy or shipped_policy()
        self.approvals = Approvals(store, self.clocks)
        self.overrides = Overrides(store, self.clocks, lambda: self.policy)
        self.key = SigningKey.open(folder / "authority.key")
        self.ports = Ports(self.clocks, HostWorld(Home(folder)), store)
        self.calls = 0

    def propose(self, action: ShellAction = DROP, requester: str = "eve", thread: Thread = Thread.MAIN) -> Outcome:
        self.calls += 1
        caller = Caller("claude-code", "s", thread, f"c{self.calls}")
        return handle(action, caller, self.policy, self.ports, Asked(requester=requester))

    def grant(self, seconds: float = 600.0, scope: Scope = SCOPE, uses: int | None = None) -> int:
        wish = Wish(scope, "incident 4411", seconds, uses)
        with self.store.together():
            return self.overrides.grant(wish, ADA, self.key).id

    def state(self, number: int = 1) -> ApprovalState:
        found = self.store.grants.approval(number)
        assert found is not None
        return found.state

    def kinds(self) -> list[type]:
        return [type(decode(entry.body)) for entry in self.store.entries()]


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    signer = SigningKey.open(tmp_path / "gate.key")
    found = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "headgate.db", signer=signer)
    yield found
    found.close()


@pytest.fixture
def desk(store: Store, tmp_path: Path) -> Desk:
    return Desk(store, tmp_path)


def test_a_question_that_nobody_answers_is_over(desk: Desk) -> None:
    assert isinstance(desk.propose(), Ask)
    desk.clocks.wait(LIFE)

    with pytest.raises(HeadgateError, match="expired"):
        desk.approvals.answer(1, ADA, yes=True)
    assert desk.state() is ApprovalState.EXPIRED
    assert desk.kinds().count(ApprovalExpired) == 1


def test_a_yes_that_nobody_uses_is_over(desk: Desk) -> None:
    desk.propose()
    desk.clocks.wait(LIFE - 1)
    desk.approvals.answer(1, ADA, yes=True)
    desk.clocks.wait(LIFE - 1)
    assert desk.state() is ApprovalState.APPROVED
    desk.clocks.wait(1)

    assert isinstance(desk.propose(), Ask)
    assert desk.state() is ApprovalState.EXPIRED
    assert desk.state(2) is ApprovalState.PENDING


@pytest.mark.parametrize("seed", range(20))
def test_a_clock_that_is_set_back_and_forth_revives_nothing(desk: Desk, seed: int) -> None:
    random = Random(seed)
    desk.propose()
    desk.approvals.answer(1, ADA, yes=True)
    desk.grant(LIFE)
    over = False
    for _ in range(30):
        desk.clocks.wait(random.uniform(0, 100))
        desk.clocks.wall = 1_000_000.0 + random.choice([-1e6, -500.0, 0.0, 100.0, 500.0, 2000.0])
        gone = desk.clocks.ran >= 50.0 + LIFE or desk.clocks.wall >= 1_000_000.0 + LIFE
        desk.approvals.sweep()
        desk.overrides.sweep()
        over = over or gone
        assert (desk.state() is ApprovalState.EXPIRED) == over
        assert (not desk.store.grants.standing()) == over
    assert over


def test_without_anybody_looking_a_clock_set_back_revives_nothing_either(desk: Desk) -> None:
    """Nothing is swept in between: the time that nobody can set says that it is over."""
    desk.propose()
    desk.approvals.answer(1, ADA, yes=True)
    desk.grant(LIFE)
    desk.clocks.wait(LIFE)
    desk.clocks.wall = 1_000_000.0

    assert isinstance(desk.propose(), Ask)
    assert isinstance(desk.propose(RESTART), Rewrite)


def test_nothing_outlives_a_restart_of_the_machine(desk: Desk) -> None:
    desk.propose()
    desk.approvals.answer(1, ADA, yes=True)
    desk.grant()
    desk.clocks.boot, desk.clocks.ran = "second", 1.0

    assert isinstance(desk.propose(), Ask)
    assert isinstance(desk.propose(RESTART), Rewrite)


def test_an_override_ends_and_says_so_once(desk: Desk) -> None:
    desk.grant(60.0)
    assert isinstance(desk.propose(RESTART), Run)
    desk.clocks.wait(60.0)
    desk.overrides.sweep()
    desk.overrides.sweep()

    assert isinstance(desk.propose(RESTART), Rewrite)
    assert desk.kinds().count(OverrideEnded) == 1


def test_questions_do_not_bury_each_other(tmp_path: Path) -> None:
    desk = Desk(MemoryStore(), tmp_path)
    for number in range(MOST_OPEN):
        desk.propose(ShellAction(f"rm -rf /srv/data-{number}", "/repo"))

    with pytest.raises(HeadgateError) as caught:
        desk.propose()
    assert caught.value.code == "HG610"
    assert len(desk.approvals.open()) == MOST_OPEN


# -- who answers ----------------------------------------------------------------------------------

RULES = """
schema = 1
layer = "organisation"
profile = "balanced"
[settings]
break_glass = true
[[rule]]
id = "two-people"
decision = "confirm"
when.workload.any = ["destructive"]
with.approvers = ["oncall"]
with.approvals = 2
with.not_requester = true
reason = "Two people agree to this, one of them on call."
"""


@pytest.fixture
def strict(store: Store, tmp_path: Path) -> Desk:
    policy = join([*shipped_texts("balanced"), Text(Layer.ORGANISATION, "policy.toml", RULES)])
    return Desk(store, tmp_path, policy)


def test_where_it_matters_who_answers_no_prompt_of_a_client_is_enough(strict: Desk) -> None:
    found = strict.propose()

    assert isinstance(found, Refuse)
    assert found.number == 1
    for part in ("oncall must say yes", "2 different people must say yes", "eve does not count"):
        assert part in found.words


def test_several_people_have_to_agree_each_once_and_one_of_those_named(strict: Desk) -> None:
    strict.propose()

    with pytest.raises(HeadgateError, match="eve, who asks"):
        strict.approvals.answer(1, Person("eve", "terminal", ("oncall",)), yes=True)
    first = strict.approvals.answer(1, ADA, yes=True)
    assert (first.state, first.missing()) == (ApprovalState.PENDING, ("a yes of oncall",))
    with pytest.raises(HeadgateError, match="has said yes already"):
        strict.approvals.answer(1, ADA, yes=True)
    assert isinstance(strict.propose(), Refuse)
    assert strict.approvals.answer(1, BOB, yes=True).state is ApprovalState.APPROVED

    assert isinstance(strict.propose(), Rewrite)


def test_people_who_are_not_on_call_do_not_add_up(strict: Desk) -> None:
    strict.propose()
    for name in ("ada", "cleo", "dan"):
        assert strict.approvals.answer(1, Person(name, "api"), yes=True).state is ApprovalState.PENDING


def test_whoever_is_not_named_is_not_asked_where_one_yes_is_enough(store: Store, tmp_path: Path) -> None:
    text = RULES.replace("with.approvals = 2\n", "")
    policy = join([*shipped_texts("balanced"), Text(Layer.ORGANISATION, "policy.toml", text)])
    desk = Desk(store, tmp_path, policy)
    desk.propose()

    with pytest.raises(HeadgateError) as caught:
        desk.approvals.answer(1, ADA, yes=True)
    assert caught.value.code == "HG602"
    assert desk.approvals.answer(1, BOB, yes=True).state is ApprovalState.APPROVED


def test_one_no_is_enough(strict: Desk) -> None:
    strict.propose()
    strict.approvals.answer(1, BOB, yes=True)
    strict.approvals.answer(1, ADA, yes=False, reason="not today")

    found = strict.propose()

    assert isinstance(found, Refuse)
    assert "not today" in found.words


def test_break_glass_covers_everything_that_can_be_lifted_and_is_loud(strict: Desk) -> None:
    strict.grant(600.0, Scope(everything=True))

    found = strict.propose(RESTART)

    assert isinstance(found, Run)
    assert "BREAK-GLASS" in found.note
    assert "BREAK-GLASS" in strict.overrides.loud()
    assert isinstance(strict.propose(DROP), Refuse)  # the organisation's rule has no `unless.override`
    assert isinstance(strict.propose(ShellAction("headgate stop", "/")), Refuse)
    with pytest.raises(HeadgateError, match="at most 3600 s"):
        strict.grant(7200.0, Scope(everything=True))


def test_nobody_but_an_organisation_allows_break_glass() -> None:
    text = RULES.replace('"organisation"', '"user"').replace('profile = "balanced"\n', "")

    with pytest.raises(HeadgateError, match="organisation"):
        join([*shipped_texts("balanced"), Text(Layer.USER, "policy.toml", text)])


# -- what is written down --------------------------------------------------------------------------


def test_a_question_that_fails_to_be_written_down_is_not_put(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_event: object) -> None:
        raise HeadgateError("HG501", "the disk is full", "free space")

    monkeypatch.setattr(desk.store, "append", full)
    with pytest.raises(HeadgateError, match="full"):
        desk.propose()

    assert desk.store.grants.questions(tuple(ApprovalState)) == []


def test_a_yes_that_fails_to_be_written_down_is_none(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.propose()

    def full(_event: object) -> None:
        raise HeadgateError("HG501", "the disk is full", "free space")

    with monkeypatch.context() as patch:
        patch.setattr(desk.store, "append", full)
        with pytest.raises(HeadgateError, match="full"):
            desk.approvals.answer(1, ADA, yes=True)

    assert desk.state() is ApprovalState.PENDING
    assert isinstance(desk.propose(), Ask)


def test_a_question_of_another_state_is_not_changed(desk: Desk) -> None:
    desk.propose()
    found = desk.approvals.get(1)

    assert desk.store.grants.change(msgspec.structs.replace(found, state=ApprovalState.USED), ApprovalState.PENDING)
    assert not desk.store.grants.change(found, ApprovalState.PENDING)
    assert desk.state() is ApprovalState.USED
