"""Prints how many lines each script has."""

from pathlib import Path

for file in sorted(Path("scripts").glob("*.sh")):
    print(len(file.read_text().splitlines()), file)
