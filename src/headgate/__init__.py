"""The law outside the model: decides every tool call of a coding agent before it runs."""

__version__ = "0.1.0"
