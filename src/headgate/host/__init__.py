"""This machine: its clock, its files, its processes, and where things of ours lie."""
