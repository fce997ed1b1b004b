"""Pictures for people to look at: panels, sheets, charts.

Only stages import from it. It draws what it is given and computes no metrics.
"""
