"""A user's clip: read frame by frame, coloured without flicker, written with its sound.

Its command imports from it: ``colorist.VideoColorist``, and ``encoders`` for the options.
It must not know about networks: it asks a predictor for chroma.
"""
