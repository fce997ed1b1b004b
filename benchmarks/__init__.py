"""Benchmarks: each prints its table; none is part of the tests."""
