"""Rules of HLS and DASH, and who finds which of them are broken by what a viewer got. Floor 1."""
