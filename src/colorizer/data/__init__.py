"""Data sets on disk and in memory: manifest, shards, splits, Lab batches and their augmentation.

Fetching, preparing and training import from it. It knows nothing of where photographs come from,
nor of networks.
"""
