"""The operator's configuration file: text to facts about their world, or every mistake in it."""

from headgate.configure.language import Configuration, joined, load

__all__ = ["Configuration", "joined", "load"]
