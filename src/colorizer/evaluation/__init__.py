"""How good colours are: metrics, baselines, and curves of saturation and hints.

Stages and commands import from it. It draws nothing and writes no reports.
"""
