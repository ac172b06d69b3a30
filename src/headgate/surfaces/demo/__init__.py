"""The article's story, acted out for real: a gate, three SSH machines on loopback, a deaf agent."""
