"""Colour spaces and what is computed in them: sRGB, CIELAB, ICC profiles, gamut.

Any room may import from it. It knows arrays and tensors, not files or networks.
"""
