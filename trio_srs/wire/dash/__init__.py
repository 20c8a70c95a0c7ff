"""MPEG-DASH: manifests (MPD), as values and as XML. Floor 0."""
