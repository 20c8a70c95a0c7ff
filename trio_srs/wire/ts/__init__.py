"""MPEG transport streams (ISO/IEC 13818-1): packets, tables, PES; written and read. Floor 0."""
