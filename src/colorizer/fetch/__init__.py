"""The first stage: photographs from folders, archives and servers, with their checksums.

Only its stage and tests import from it. It knows names and bytes of files, not what they show.
"""
