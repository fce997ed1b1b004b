"""The third stage: batches, losses, the loop, several processes, resuming after interruptions.

Its stage and benchmarks import ``loop.train`` and what it takes.
It must not know how networks are used afterwards.
"""
