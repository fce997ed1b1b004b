"""The stages in dvc.yaml, run as ``python -m stages.NAME`` from the repository's top folder."""

import sys
from pathlib import Path
from types import TracebackType

# DVC runs queued experiments in copies of the repository: the copy's code must run, not the
# installed package, which belongs to the original.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))


def _show_error(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """Show Ctrl-C as one line, even while modules load; everything else as Python does."""
    if issubclass(kind, KeyboardInterrupt):
        print(f"stopped; {error}" if str(error) else "stopped", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, traceback)


sys.excepthook = _show_error
