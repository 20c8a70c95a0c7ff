"""Tests of what runs in the processes that tests start."""
