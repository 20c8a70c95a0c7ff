"""Programs for the terminal; they may know everything. Floor 8."""
