"""What services share that serve streams in segments: their viewers, and their paths. Floor 3."""
