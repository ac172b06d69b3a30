"""The execution oracle: random programs that bash really runs, to see whether the classifier shows what ran."""
