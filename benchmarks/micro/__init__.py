"""Benchmarks of parts, each of which also asserts that its result is right."""
