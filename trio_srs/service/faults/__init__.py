"""Doing what a plan of faults says to the connections of other services. Floor 3."""
