"""Mistakes in input and faults of the gate: each carries a code of the catalogue, a sentence and what to do."""


class HeadgateError(Exception):
    """A fault that a surface turns into a deny, or into a command's exit status 2."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        """State what is wrong and what to do, in one sentence each."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Read as one line for a terminal, or for a model."""
        return f"{self.code} headgate: {self.message}; {self.hint}"
