"""The third stage: batches, losses, the loop, several processes, going on after an interruption.

Its stage and benchmarks import from it: ``loop.train`` and what it takes.
It must not know how networks are used afterwards.
"""
