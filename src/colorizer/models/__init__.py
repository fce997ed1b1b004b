"""The networks: each maps lightness L to the chroma channels a and b."""
