"""Pictures for people to look at: panels, sheets, curves.

Stages and benchmarks import from it; ``charts.save_figure`` writes all of them.
It must not compute metrics: it only draws what it is given.
"""
