"""The second stage: decode, filter, crop, find near-duplicates, split, write shards.

Its stage imports ``pipeline.prepare``; the evaluation of folders imports single steps.
It must not know about networks, or how its tasks reach other processes and machines.
"""
