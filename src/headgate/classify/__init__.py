"""What would an action do? Facts come from parsing, never from matching the raw text, and never say allow or deny."""

from headgate.classify.facts import classify
from headgate.classify.inventory import Inventory
from headgate.classify.starts import at_start
from headgate.classify.surroundings import Surroundings
from headgate.classify.timing import with_runs
from headgate.classify.trajectory import with_history

__all__ = ["Inventory", "Surroundings", "at_start", "classify", "with_history", "with_runs"]
