"""Watch a stream, wherever it comes from, and judge it: what ``trio-srs expect`` does. Floor 6."""
