"""The page that colours photographs in the browser: ``colorizer web`` and ``colorizer site``.

Their commands import from it: ``app``, ``server``, ``limits``, ``examples`` and ``static_site``.
It must not know about networks, or how photographs are read or written: ``photo`` does that.
"""
