"""Let Python processes of tests start and end in two thirds of the processor time.

Python imports this first where its folder is in PYTHONPATH (:func:`tests.process_helpers.paths`).
torch brings a million objects that stay: looking through them for garbage while they are made, and
once more at the end, takes longer than much of what the tests let such a process do.
"""

import atexit
import gc

gc.set_threshold(100_000, 50, 50)
# What is registered first is called last: whatever else is done at the end has been done.
atexit.register(gc.freeze)
