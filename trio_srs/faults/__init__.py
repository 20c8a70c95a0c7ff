"""Faults: what a server does wrong on purpose, as values, and which of them is due. Floor 1."""
