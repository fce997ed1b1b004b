"""The second stage: decode, filter, crop, find near-duplicates, split, write shards.

Its stage and the evaluation of folders import from it. It knows nothing of networks.
"""
