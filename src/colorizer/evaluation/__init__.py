"""How good colours are: metrics, baselines, and curves of saturation and hints.

Stages, commands and benchmarks import from it, ``metrics`` most of all.
It must not know how figures are drawn or reports are written.
"""
