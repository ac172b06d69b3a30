"""Releases of packages: what a registry gets others install, so it is a deploy."""

from headgate.classify import effect as fx
from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import words_of
from headgate.model.facts import Workload

_LOOK = Effect(fx.READS)
DRY = words_of("--dry-run --dryrun -n --dry_run --publish=never --build-only -DdryRun=true")


def publishes(call: Call, what: str) -> Effect:
    """Return the effect of releasing a package by the subcommand *what*."""
    shown = call.shows(Workload.DEPLOY, f"`{call.name} {what}` releases a package")
    return Effect(fx.CHANGES | fx.NETWORK | fx.REMOTE, shown, touches=fx.touched())


_AUTO = words_of("shipit release latest next canary")
_RELEASERS = words_of("semantic-release release-it np auto")


def releaser(call: Call) -> Effect:
    """Release the project in the working tree (semantic-release, release-it)."""
    if {"--dry-run", "-d", "--help", "--version", "--preview"} & {*call.words}:
        return _LOOK
    if call.name == "auto" and not _AUTO & {*call.words}:
        return Effect(fx.UNSURE)
    return publishes(call, " ".join(call.words[:1]))


PROGRAMS = dict.fromkeys(_RELEASERS, releaser)
