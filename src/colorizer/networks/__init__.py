"""The networks, the files that hold them, and the devices they compute on.

Training, inference and predictors import from it. It maps L to ab and knows no photographs' files.
"""
