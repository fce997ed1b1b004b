"""ONNX Runtime, which this module alone imports: nothing that it does may leave the computer."""

from __future__ import annotations

import os
from pathlib import Path

# Since 1.29 the library's own builds report what they run to Microsoft, and put an identifier of
# the computer into the user's cache folder. It reads this once, when it is imported (Privacy.md in
# its wheel); its Python function for it comes too late for the first report.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

from onnxruntime import InferenceSession, SessionOptions

from colorizer.common.errors import UserError

__all__ = ["InferenceSession", "open_session"]
PROVIDERS = ["CPUExecutionProvider"]
FATAL = 4  # ONNX Runtime's log level: lesser errors are raised anyway


def open_session(file: Path, threads: int) -> InferenceSession:
    """Open an ONNX file on the CPU.

    Parameters
    ----------
    file : Path
        The file; its weights may be in another one beside it.
    threads : int
        How many share each operator, at least 1.

    Raises
    ------
    UserError
        If it cannot be read.
    """
    options = SessionOptions()
    options.log_severity_level = FATAL
    options.intra_op_num_threads = threads
    # Threads that spin while waiting would take cores from the code that applies the colours.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return InferenceSession(file, options, providers=PROVIDERS)
    except Exception as error:  # on a broken file, the library may raise anything
        reason = " ".join(str(error).rpartition(":")[2].split())
        raise UserError(f"{file} cannot be read as an ONNX file: {reason}") from error
