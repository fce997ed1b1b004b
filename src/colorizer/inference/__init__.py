"""Prepared photographs coloured by a trained network, with hints or without.

``predict`` is for whole data sets; ``types`` has hints and chroma as everything above passes them.
It must not know photographs that are not square, nor how good colours are.
"""
