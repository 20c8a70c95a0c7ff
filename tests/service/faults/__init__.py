"""Tests of what a service does wrong on purpose."""
