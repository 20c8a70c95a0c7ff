"""Fragmented MP4 (ISO/IEC 14496-12): boxes, entries, fragments; written and read. Floor 0."""
