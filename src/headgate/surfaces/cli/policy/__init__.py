"""`headgate policy`: what the rules say, what they would say, and what can be proved about them."""

import click

from headgate.surfaces.lazy_commands import LazyCommands

COMMANDS = {
    "check": "check a policy: every mistake, its examples, its invariants, and what is odd about it",
    "diff": "show the calls that two policies decide differently",
    "docs": "write a page for each rule, and the reference of facts and obligations",
    "explain": "tell which rules speak about a command, what each adds, and what would have to be different",
    "fmt": "write a policy file in its usual form; comments stay",
    "import": "carry the rules of another client into a policy, with a report of what could not be carried",
    "prove": "prove the invariants, or show calls that break them; dead and shadowed rules, pools that part",
    "replay": "run a policy over the journal, and list the decisions that change",
    "schema": "print the JSON schema of a policy file, for editors",
    "show": "list the rules in force, each with its layer; or one rule whole",
    "test": "try the examples and tests of a policy",
    "who-can": "show by which rules, and for which calls, an answer is given",
}


@click.group(cls=LazyCommands, package=__name__, table=COMMANDS)
def command() -> None:
    """Look at the rules, try them, and prove things about them; runs nothing.

    POLICY is a file, a profile (balanced, strict, observe, lockdown), or `current`: what is in force in this directory.
    """
