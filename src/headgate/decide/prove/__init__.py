"""Proofs about policies: every question is answered with a proof or with a concrete call."""
