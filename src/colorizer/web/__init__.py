"""The page on which photographs are coloured in the browser: ``colorizer web``.

Only its command imports from it. It colours by the photo room and knows no network.
"""
