"""Remuxing: what goes in comes out again, with its times."""
