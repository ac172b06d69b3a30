"""The article's story, acted out for real: a gate, three SSH machines on loopback, and an agent that ignores its prompt."""
