"""One interface to trained networks for photographs of any size: torch or ONNX Runtime.

Photo, video, web and commands import from it. It knows nothing of how photographs are stored.
"""
