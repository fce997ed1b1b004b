"""One photograph of a user's: read, coloured at its own size, written.

Web page and commands import from it. It asks a predictor for colours and knows no network.
"""
