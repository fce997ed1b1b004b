"""One interface to trained networks for photographs of any size: torch or ONNX Runtime.

``protocol`` says what a predictor is, ``load.load_predictor`` gives one for any file of a network.
It must not know how photographs are read or written.
"""
