"""Benchmarks: ratios in one run, never absolute times. Run by `make bench`; not collected as tests."""
