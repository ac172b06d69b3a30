"""."""

PROGRAMS = {}
