"""The page that colours photographs in the browser: ``colorizer web``.

Its command imports from it: ``server`` and ``limits``.
It must not know about networks, or how photographs are read or written: ``photo`` does that.
"""
