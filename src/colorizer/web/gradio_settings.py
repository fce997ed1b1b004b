"""What Gradio reads from the environment, which must be set before it is imported."""

from __future__ import annotations

import os
from pathlib import Path


def set_up_gradio(folder: Path) -> None:
    """Keep Gradio to this folder, off the internet and free of bookkeeping.

    By default, it makes a folder that all users of the computer share, and summarises all past
    events after every event.
    """
    os.environ |= {
        "GRADIO_TEMP_DIR": str(folder),
        "GRADIO_ANALYTICS_ENABLED": "False",
        "GRADIO_ANALYTICS_CACHE_FREQUENCY": str(10**9),
        "HF_HUB_OFFLINE": "1",
    }
