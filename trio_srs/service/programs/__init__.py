"""Programs that are run for streams. Floor 3."""
