"""Transport streams: letters of the clauses, captures of ffmpeg, and laws."""
