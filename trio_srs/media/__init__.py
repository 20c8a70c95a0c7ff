"""Frames, tracks and timelines, made from records for those who look inside. Floor 1."""
