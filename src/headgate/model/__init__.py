"""The nouns every other part shares; imports nothing of ours."""
