"""One clip of a user's: read frame by frame, coloured without flicker, written with its sound.

Only its command imports from it. It asks a predictor for colours and knows no network.
"""
