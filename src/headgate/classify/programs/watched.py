"""The names that a search of PATH has to stop at where nothing else sees a start: programs that may do heavy work."""

from functools import partial

from headgate.classify import programs
from headgate.classify.programs.catalogue import Kind, judge
from headgate.classify.programs.options import words_of
from headgate.classify.programs.verbs import Verb
from headgate.classify.shell.walk import Program
from headgate.model.facts import LIGHT_WORKLOADS, Workload

_FAMILIES = words_of(
    """
    agents aws backups brokers buckets catalogue_networks catalogue_operators catalogue_reaches catalogue_releases
    clouds cluster_tools clusters compose configuration containers copying databases disks dumps fleets forges functions
    guests headgate hosting infrastructure javascript kubernetes migrations multiplexers network packages parallel
    pipelines platforms processes providers publishing runtimes salt schedulers serverless servers services sessions ssh
    storage_clusters system_packages system_settings warehouses web
    """
)
"""Families that reach machines, clusters, clouds, services, databases or disks, or hand work to another process."""

_ALSO = words_of("finch ipscan lvm rails rake srm")
_LEAVE_PATH = words_of("chroot doas env machinectl nsenter pkexec run0 runuser su sudo")
"""Wrappers that may start a program with another PATH than theirs."""

_ORDINARY = words_of("arch date dep hostname net pgrep pidof sc")
"""Names of those families that scripts use for looks, or that mean something else as often."""

_TOO_WEAK = LIGHT_WORKLOADS | {Workload.LONG_RUNNING, Workload.INTERACTIVE, Workload.LOG_TAIL, Workload.OPAQUE}
"""What is no reason to stop at a start inside an allowed action: its budget is, or its text was."""


def watched() -> frozenset[str]:
    """Return the names of programs whose start may be heavy by more than its length, a person or an unread text.

    Taken from the registry: whole families, and each row of the catalogue that says so. Programs that only run others
    (shells, interpreters, `make`, `xargs`, `timeout`) are left out, for those search PATH again, as are git, editors,
    and what works on ordinary files.
    """
    whole = {name for family in _FAMILIES for name in vars(programs)[family].PROGRAMS}
    rows = {name for name, program in programs.PROGRAMS.items() if _is_heavy(program)}
    return frozenset((whole | rows | _ALSO | _LEAVE_PATH) - _ORDINARY)


def _is_heavy(program: Program) -> bool:
    """Whether *program* is a row of the catalogue that names a class which is reason enough."""
    if not isinstance(program, partial) or program.func is not judge:
        return False
    kind: Kind = program.args[0]
    return any(not _TOO_WEAK.issuperset(verb.classes) for verb in _verbs(kind))


def _verbs(kind: Kind) -> tuple[Verb, ...]:
    said = tuple(verb for verb in (kind.bare, kind.fed) if verb)
    return (kind.does, kind.around, *said, *kind.options.values(), *kind.table.values())
