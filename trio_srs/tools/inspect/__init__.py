"""Looking at captures of sessions: what was said, by whom and when."""
