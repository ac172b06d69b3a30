"""The client's own permission rules, read against the command as it was asked for."""

import pytest

from headgate.classify.client_rules import ClientRules, client_rule
from headgate.model.action import ShellAction, ToolAction, WriteAction


@pytest.mark.parametrize(
    ("rule", "command", "found"),
    [
        ("Bash", "ls", "deny"),
        ("Bash(*)", "ls", "deny"),
        ("Bash()", "ls", "deny"),
        ("Bash(ls)", "ls", "deny"),
        ("Bash(ls)", "ls -l", "none"),
        ("Bash(npm run test)", "npm run test", "deny"),
        ("Bash(git push:*)", "git push", "deny"),
        ("Bash(git push:*)", "git push origin main", "deny"),
        ("Bash(git push:*)", "git pushx", "none"),
        ("Bash(git push *)", "git push origin", "deny"),
        ("Bash(git push *)", "git push", "deny"),
        ("Bash(git * main)", "git push origin main", "deny"),
        ("Bash(git * main)", "git push origin other", "none"),
        ("Bash(* --force)", "git push --force", "deny"),
        ("Bash(a.b)", "axb", "none"),
        ("Bash(git push:*)", "echo git push", "none"),
        ("Write", "ls", "none"),
        ("Bash(", "ls", "none"),
        ("", "ls", "none"),
    ],
)
def test_a_rule_means_what_it_means_to_the_client(rule: str, command: str, found: str) -> None:
    assert found == client_rule(ShellAction(command), ClientRules(deny=(rule,)))


@pytest.mark.parametrize(
    "command",
    [
        "ls; git push",
        "ls && git push origin main",
        "ls | git push",
        "(git push)",
        "{ git push; }",
        "if true; then git push; fi",
        "for i in 1; do git push; done",
        "echo $(git push)",
        "git push &",
        "f() { git push; }; f",
        "echo é && git push",
        "  git push  ",
    ],
)
def test_a_compound_command_is_matched_command_by_command(command: str) -> None:
    assert "deny" == client_rule(ShellAction(command), ClientRules(deny=("Bash(git push:*)",)))


def test_a_deny_rule_beats_an_ask_rule() -> None:
    rules = ClientRules(deny=("Bash(git push:*)",), ask=("Bash",))

    assert ["ask", "deny"] == [client_rule(ShellAction(text), rules) for text in ("ls", "git push")]


@pytest.mark.parametrize(
    ("action", "found"),
    [
        (ToolAction("mcp__db__drop"), "deny"),
        (ToolAction("mcp__db__other"), "none"),
        (WriteAction("/repo/a"), "none"),
        (ShellAction("mcp__db__drop"), "none"),
    ],
)
def test_a_rule_for_another_tool_names_it(action: ShellAction | ToolAction | WriteAction, found: str) -> None:
    assert found == client_rule(action, ClientRules(deny=("mcp__db__drop",)))
