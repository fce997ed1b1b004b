"""Data sets on disk and in memory: manifest, shards, splits, batches of Lab, augmentation, ageing.

``manifest`` lists what was fetched, ``shards`` what was prepared; ``dataset`` makes tensors of it.
It must not know about networks, or where photographs come from.
"""
