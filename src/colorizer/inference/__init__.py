"""Prepared photographs coloured by a trained network, with hints or without.

Evaluation and predictors import from it. It knows squares, not photographs of any size.
"""
