"""The first stage: photographs from folders, archives and servers, with their checksums.

Only its stage imports from it: ``sources.fetch``.
It must not know what photographs show: it sees only the names and bytes of files.
"""
