"""Shell text: to a tree of ours, and from the tree to what its commands would do."""
