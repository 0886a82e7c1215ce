"""Files that are whole or not there: written beside their place, flushed to the disk, then moved into it."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

READ_BYTES = 2**20


def write_whole(path: Path, write: Callable[[Path], None]) -> tuple[str, bool]:
    """Let `write` fill a temporary file beside `path`, then move it there; returns SHA-256 and whether it differed.

    A file with the same content is left as it is. Whatever `write` raises is raised, and nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(handle)
    part = Path(name)
    try:
        write(part)
        sha256 = file_digest(part)
        if path.exists() and file_digest(path) == sha256:
            return sha256, False
        part.chmod(0o644)
        _flush(part, os.O_RDWR)
        part.replace(path)
        _flush(path.parent, os.O_RDONLY)
        return sha256, True
    finally:
        part.unlink(missing_ok=True)


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(READ_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _flush(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
