"""The tests, laid out as the package is: one test file per module.

PYTEST_DONT_REWRITE: this is there before pytest is told to rewrite the assertions of the rest.
"""
