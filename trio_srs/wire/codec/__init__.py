"""Codecs: their names, configuration records and headers; no pictures, no samples. Floor 0."""
