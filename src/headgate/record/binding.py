"""What an approval is bound to: one digest over all that a person saw, so that nothing else can use their yes."""

from hashlib import sha256

import msgspec

from headgate.model.action import Action, Caller, ShellAction, ToolAction, WriteAction
from headgate.model.approval import Granted
from headgate.model.decision import Allow, Confirm, Delegate, Terms
from headgate.model.facts import Facts
from headgate.model.override import Scope

_ENCODER = msgspec.json.Encoder(order="sorted")


def granted(then: Allow | Delegate, terms: Terms) -> Granted:
    """Return what a yes grants: the answer *then*, under the *terms* of the decision."""
    return Granted(then.strictness.word, terms.budget, terms.max_run, terms.pool, terms.worker, terms.lease)


def bound(action: Action, caller: Caller, facts: Facts, grants: Granted) -> str:
    """Return the SHA-256 (hexadecimal) that binds a yes to this action, by this thread, for what it *grants*.

    It covers the text or the arguments, the directory, the scripts that were read with their hashes, the machines, the
    client, session and thread. The id of the call is no part of it, as the call is made again; nor is the time-out that
    the client asks for, as what is granted bounds it.
    """
    form = {
        "version": 1,
        "action": _plain(action),
        "who": [caller.client, caller.session, caller.thread, caller.agent],
        "scripts": sorted((script.path, script.sha256) for script in facts.scripts),
        "machines": sorted(facts.machines),
        "unnamed": facts.unnamed,
        "grants": grants,
    }
    return sha256(_ENCODER.encode(form)).hexdigest()


def wished(caller: Caller, scope: Scope, seconds: float, reason: str) -> str:
    """Return the SHA-256 (hexadecimal) that binds a yes to one wish for an override."""
    form = {"version": 1, "who": [caller.client, caller.session, caller.thread, caller.agent]}
    return sha256(_ENCODER.encode(form | {"scope": scope, "seconds": seconds, "reason": reason})).hexdigest()


def _plain(action: Action) -> Action:
    match action:
        case ShellAction():
            return msgspec.structs.replace(action, budget=None)
        case WriteAction() | ToolAction():
            return action


def grants_of(decision: Confirm) -> Granted:
    """Return what a yes to *decision* grants."""
    return granted(decision.then, decision.terms)
