"""The tests, laid out as the package is: one test file per module."""
