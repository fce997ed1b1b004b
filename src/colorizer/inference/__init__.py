"""Prepared photographs coloured by a trained network, with or without hints.

``predict`` is for whole data sets; ``types`` defines the hints and chroma that all callers pass.
It must not know about photographs that are not square, nor how good colours are.
"""
