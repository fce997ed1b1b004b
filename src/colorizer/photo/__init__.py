"""One photograph of a user's: read, coloured at its own size, written.

The page and the commands import from it: ``colorist.Colorist``, ``read``, ``formats``, ``hints``.
It must not know networks: it asks a predictor for chroma.
"""
