"""The engines that `bench/policy.py` compares, and the policies and calls it asks them about."""
