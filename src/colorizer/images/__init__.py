"""Safe decoding of photographs of any kind into upright sRGB.

``square`` serves data sets; ``decode``, ``convert`` and ``orientation`` serve any photograph.
It must not know about data sets or networks: it sees one file at a time.
"""
