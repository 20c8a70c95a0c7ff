"""Peers, streams and servers for tests, ours and yours. Floor 7."""
