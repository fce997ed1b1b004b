"""Colour spaces and what is computed in them: sRGB, CIELAB, ICC profiles, gamut.

Any package imports its modules: ``lab_numpy`` needs no torch; ``lab_torch`` is differentiable.
It must not know files or networks: it takes and returns arrays, tensors and profiles.
"""
