"""Colour spaces and what is computed in them: sRGB, CIELAB, ICC profiles, gamut.

Any package may import its modules: ``lab_numpy`` needs no torch; ``lab_torch`` is differentiable.
It must not know about files or networks: it takes and returns arrays, tensors and profiles.
"""
