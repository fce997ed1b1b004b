"""A user's photograph: read, coloured at its own size, written.

The page and the commands import ``colorist.PhotoColorist``, ``read``, ``formats``, ``hints``.
It must not know about networks: it asks a predictor for chroma.
"""
