"""The page that colours photographs in the browser: ``colorizer web``.

Its command imports from it: ``server`` and ``limits``. The page itself is in ``page``: its
``engine`` draws, its ``parts`` are what one sees, and its ``hosts`` are where colours come from.
It must not know about networks, or how photographs are read or written: ``photo`` does that.
"""
