"""What a job's command may know of its caller."""

import pytest

from headgate.workers.environment import for_job


@pytest.mark.parametrize(
    "name",
    [
        "ANTHROPIC_API_KEY",
        "CLAUDECODE",
        "CLAUDE_CODE_OAUTH_TOKEN",
        "OPENAI_API_KEY",
        "CODEX_HOME",
        "GEMINI_API_KEY",
        "GOOGLE_API_KEY",
        "HEADGATE_HOME",
        "OPENROUTER_API_KEY",
        "XAI_API_KEY",
        "AI_AGENT",
        "A=B",
        "NUL\0",
    ],
)
def test_credentials_of_the_model_and_of_the_gate_stay_behind(name: str) -> None:
    assert {"PATH": "/bin"} == for_job({name: "x", "PATH": "/bin"})


def test_everything_else_goes_along() -> None:
    given = {"PATH": "/bin", "HOME": "/h", "AWS_PROFILE": "p", "SSH_AUTH_SOCK": "/s", "EMPTY": "", "MY_CLAUDE": "x"}

    assert given == for_job(given)


def test_a_value_that_no_process_can_take_stays_behind() -> None:
    assert {} == for_job({"X": "a\0b"})
