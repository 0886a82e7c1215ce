"""Model files: a skops archive with a manifest of checksums and versions; an altered or foreign file is refused."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from nlp.classifiers import Models, from_arrays, to_arrays
from nlp.taxonomy_model import Taxonomy

MODELS_FOLDER = Path(__file__).parent / "models"
# Names a folder with models fitted by `horizon train`, to be used in place of those that ship with the package.
MODELS_VARIABLE = "HORIZON_MODELS"
MODEL_FILE = "tagger.skops"
MANIFEST_FILE = "manifest.json"
REBUILD = "rebuild it with `make models` (python -m nlp.train), or your own with: horizon train"
# The libraries whose change may change a score or the reading of the file.
LIBRARIES = ("scikit-learn", "skops", "spacy")
# Changed when code changes what a fitted model means (features, pooling, reading), so that older files are refused.
FEATURE_VERSION = 2


class ModelError(RuntimeError):
    """A model file that must not be used; the message names the file and the command that rebuilds it."""


class FloorError(ValueError):
    """New models are worse than a pinned floor allows; the message names the figures and the way to go on."""


def models_folder() -> Path:
    """The folder that the environment names for the models, or the one that ships with the package."""
    named = os.environ.get(MODELS_VARIABLE, "").strip()
    return Path(named) if named else MODELS_FOLDER


def library_versions() -> dict[str, str]:
    """The installed versions of LIBRARIES."""
    return {name: version(name) for name in LIBRARIES}


def content_digest(models: Models) -> str:
    """64 hexadecimal digits over the parameters themselves: equal for equal models, whatever the archive's bytes."""
    digest = hashlib.sha256()
    for name, value in sorted(to_arrays(models).items()):
        array = None if isinstance(value, str) else np.ascontiguousarray(value)
        digest.update(f"{name}:".encode() + (value.encode() if array is None else array.tobytes()))
    return digest.hexdigest()


def save_models(models: Models, folder: Path, notes: Mapping[str, object]) -> dict[str, object]:
    """Write archive and manifest; notes (seed, corpus digest, figures) are added to the manifest, which is returned."""
    import skops.io

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / MODEL_FILE
    skops.io.dump(to_arrays(models), path, compression=zipfile.ZIP_DEFLATED, compresslevel=9)
    manifest: dict[str, object] = {
        "file": MODEL_FILE,
        "sha256": _checksum(path),
        "content": content_digest(models),
        "feature_version": FEATURE_VERSION,
        "libraries": library_versions(),
        **notes,
    }
    (folder / MANIFEST_FILE).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return manifest


def load_models(folder: Path = MODELS_FOLDER) -> tuple[Models, dict[str, Any]]:
    """The models and their manifest; raises ModelError for a missing, altered or foreign file, without reading it."""
    manifest = read_manifest(folder)
    path = folder / MODEL_FILE
    if not path.exists():
        raise ModelError(f"{path}: no such file; {REBUILD}")
    _check(path, manifest)
    try:
        return from_arrays(_read_arrays(path)), manifest
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path}: not a model of this program: {error}; {REBUILD}") from error


def _read_arrays(path: Path) -> dict[str, Any]:
    """The arrays and strings of a skops archive that holds one dictionary.

    `skops.io.load` gives the same, but importing it brings in all of scikit-learn (2 s of start-up). Nothing but
    numbers and text is read here: no object is made, no code is run. Any other content raises KeyError or ValueError.
    """
    with zipfile.ZipFile(path) as archive:
        schema = json.loads(archive.read("schema.json"))
        if schema["__class__"] != "dict":
            raise ValueError(f"holds a {schema['__class__']}, not a dict")
        return {name: _read_value(archive, node) for name, node in schema["content"].items()}


def _read_value(archive: zipfile.ZipFile, node: Mapping[str, Any]) -> Any:
    if node["__class__"] == "str":
        return json.loads(node["content"])
    return np.load(io.BytesIO(archive.read(node["file"])), allow_pickle=False)


def read_manifest(folder: Path = MODELS_FOLDER) -> dict[str, Any]:
    """The manifest as written; raises ModelError when it is missing or no JSON."""
    path = folder / MANIFEST_FILE
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise ModelError(f"{path}: no such file; {REBUILD}") from None
    except ValueError as error:
        raise ModelError(f"{path}: not JSON: {error}; {REBUILD}") from error


def _check(path: Path, manifest: Mapping[str, Any]) -> None:
    """Checksum and versions, before a byte of the archive is interpreted."""
    if _checksum(path) != manifest.get("sha256"):
        raise ModelError(f"{path}: checksum differs from {MANIFEST_FILE}: the file was altered or cut; {REBUILD}")
    if manifest.get("feature_version") != FEATURE_VERSION:
        made = manifest.get("feature_version")
        raise ModelError(f"{path}: made for features {made}, this program has {FEATURE_VERSION}; {REBUILD}")
    installed, made_by = library_versions(), manifest.get("libraries", {})
    other = [
        f"{name} {made_by.get(name)} (installed: {installed[name]})"
        for name in LIBRARIES
        if made_by.get(name) != installed[name]
    ]
    if other:
        raise ModelError(f"{path}: made with {', '.join(other)}; {REBUILD}")


def check_columns(manifest: Mapping[str, Any], taxonomy: Taxonomy) -> None:
    """Raises ModelError when the models were fitted to other cues or word classes than the taxonomy holds."""
    made = manifest.get("columns")
    if made != taxonomy.columns:
        fault = f"made for cues and word classes {made}, the taxonomy has {taxonomy.columns}"
        raise ModelError(f"{manifest.get('file', MODEL_FILE)}: {fault}; {REBUILD}")


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
