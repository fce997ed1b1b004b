"""Data sets on disk and in memory: manifest, shards, splits, batches of Lab, augmentation, aging.

``manifest`` lists what was fetched, ``shards`` what was prepared; ``dataset`` gives tensors of it.
It must not know where photographs come from, nor networks.
"""
