"""What happened in a period: counted from the journal, and told on a terminal, as a page, or as JSON."""
