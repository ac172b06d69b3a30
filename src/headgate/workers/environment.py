"""Which variables a job gets: all of the caller's, but for the credentials of the model and of the gate."""

from collections.abc import Mapping

from headgate.host.shim_variables import restored

_PREFIXES = (
    "ANTHROPIC_",
    "CLAUDE",
    "CODEX_",
    "GEMINI_",
    "HEADGATE_",
    "OPENAI_",
    "OPENROUTER_",
)
_NAMES = frozenset(
    {
        "AI_AGENT",
        "COHERE_API_KEY",
        "CURSOR_API_KEY",
        "DEEPSEEK_API_KEY",
        "GOOGLE_API_KEY",
        "GOOGLE_GENAI_API_KEY",
        "GROQ_API_KEY",
        "MISTRAL_API_KEY",
        "PERPLEXITY_API_KEY",
        "TOGETHER_API_KEY",
        "XAI_API_KEY",
    }
)


def for_job(environment: Mapping[str, str]) -> dict[str, str]:
    """Return *environment* without what a command has no use for and must not leak, and without shims."""
    return {
        name: value
        for name, value in restored(environment).items()
        if name not in _NAMES and not name.startswith(_PREFIXES) and "\0" not in name + value and "=" not in name
    }
