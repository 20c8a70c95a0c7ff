"""Receiving HTTP callbacks, for tests and for people who write a platform. Floor 6."""
