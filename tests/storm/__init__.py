"""Worker processes that are killed, and what must hold afterwards.

Tests and benchmarks use it alike: the ones at small size, the others at large.
"""
