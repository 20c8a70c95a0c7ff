"""Whole servers under load, side by side in one run: ``python -m benchmarks.macro --quick``."""
