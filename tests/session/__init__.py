"""Sessions: alone, at the end of a script, and wired to each other."""
