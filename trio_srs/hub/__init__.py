"""Live streams: one log each, many cursors. Floor 2."""
