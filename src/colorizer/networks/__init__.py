"""The networks, the files that hold them, and the devices that they compute on.

``base.Colorizer`` is what all are; ``checkpoint`` loads one, ``registry`` names those to train.
It must not know photographs' files: L and hints go in, ab come out.
"""
