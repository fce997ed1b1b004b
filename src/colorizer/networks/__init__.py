"""The networks, the files that hold them, and the devices they run on.

All are a ``base.Colorizer``; ``checkpoint`` loads one, ``registry`` lists those to train.
It must not know about photograph files: L and hints go in, ab comes out.
"""
