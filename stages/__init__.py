"""The stages of dvc.yaml, run as ``python -m stages.NAME`` from the repository's top folder."""

import sys
from pathlib import Path

# DVC runs queued experiments in copies of the repository: the code there must run, not the
# installed package, which belongs to the original.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
