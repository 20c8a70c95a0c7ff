"""Tests of the relay with faults."""
