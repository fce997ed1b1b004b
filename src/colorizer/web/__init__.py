"""The page on which photographs are coloured in the browser: ``colorizer web``.

Its command imports from it: ``server`` and ``limits``.
It must not know networks, nor how photographs are read or written: ``photo`` does that.
"""
