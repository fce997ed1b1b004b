"""The third stage: batches, the loop, several processes, going on after an interruption.

Only its stage, benchmarks and tests import from it. It knows nothing of users' photographs.
"""
