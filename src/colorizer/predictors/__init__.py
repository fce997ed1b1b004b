"""One interface to trained networks for photographs of any size: torch or ONNX Runtime.

``protocol`` defines a predictor; ``load.load_predictor`` returns one for any network file.
It must not know how photographs are read or written.
"""
