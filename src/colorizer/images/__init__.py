"""Safe decoding of photographs of any kind into upright sRGB.

Any room above may import from it. It knows one file at a time, nothing of data sets or networks.
"""
