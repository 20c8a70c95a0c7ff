"""Tests of faults as values."""
