"""Worker agents: what they are told, how they are started, and what of their output is an answer."""
