"""Fragmented MP4: letters of the clauses, captures of ffmpeg, and laws."""
