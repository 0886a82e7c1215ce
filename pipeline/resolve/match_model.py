"""The trained pairwise model: logistic regression over the measures, kept as a JSON file with a checksum."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from db.keys import digest
from pipeline.resolve.comparison import MEASURES, Compared, Shared, compare_pairs, shared_between
from pipeline.resolve.counting import Integers
from pipeline.resolve.features import Features, Floats

MODEL_PATH = Path(__file__).parent / "models" / "pairs.json"
CARRIED_MIN = 0.5  # a measure that adds less to the log-odds carried nothing worth telling


class ModelError(Exception):
    """A model file that cannot be trusted; the message says which, why, and how to build it anew."""


@dataclass(frozen=True, slots=True)
class MatchDetail:
    """Why two listings count as the same, or not.

    contributions: measure -> what it adds to the log-odds; variant_penalty: 0 to 1; mirror: one page at two addresses.
    """

    contributions: dict[str, float]
    variant_penalty: float
    mirror: bool
    shared: Shared

    def reasons(self, without: Collection[str] = ()) -> list[str]:
        """What carried the match, strongest first, in plain words; `without` these measures."""
        if self.mirror:
            return ["the same page under two addresses"]
        ranked = sorted(self.contributions.items(), key=lambda item: (-item[1], item[0]))
        return [MEASURES[name] for name, value in ranked if value >= CARRIED_MIN and name not in without]


@dataclass(frozen=True, slots=True)
class MatchModel:
    """The chance that two listings are about one innovation: a logistic function of the measures."""

    coefficients: Mapping[str, float]
    intercept: float
    threshold: float
    provenance: Mapping[str, object]

    @classmethod
    def load(cls, path: Path = MODEL_PATH) -> MatchModel:
        """Read and check a model file. Raises ModelError when it is missing, altered, or made for other measures."""
        mend = "build it anew with: python -m pipeline.resolve.train"
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            stored = content.pop("sha256")
            model = cls(**content)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(f"cannot read the model {path}: {error}; {mend}") from error
        if stored != model.checksum:
            raise ModelError(f"the model {path} does not match its checksum {stored}; {mend}")
        if set(model.coefficients) != set(MEASURES):
            raise ModelError(f"the model {path} knows {sorted(model.coefficients)}, not {sorted(MEASURES)}; {mend}")
        return model

    @property
    def checksum(self) -> str:
        """SHA-256 over coefficients, threshold and provenance."""
        return digest(json.dumps(self._content(), sort_keys=True))

    @property
    def version(self) -> str:
        """A short name for this very model, for provenance columns and method sheets."""
        return self.checksum[:12]

    def save(self, path: Path = MODEL_PATH) -> None:
        """Write the model with its checksum."""
        content = {**self._content(), "sha256": self.checksum}
        path.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")

    def score_pairs(self, features: Features, pairs: Integers) -> Floats:
        """The chance of each pair, between 0 and 1; shape (pairs,)."""
        return self.scores(compare_pairs(features, pairs))

    def scores(self, compared: Compared) -> Floats:
        """The same of pairs that were compared before."""
        odds = compared.measures @ self._weights() + self.intercept
        chances = (1 - compared.penalties) / (1 + np.exp(-odds))
        scores: Floats = np.where(compared.mirrors > 0, 1.0, chances)
        return scores

    def explain_pairs(self, features: Features, pairs: Integers) -> list[tuple[float, MatchDetail]]:
        """For each pair the chance that it is one innovation, and why."""
        compared = compare_pairs(features, pairs)
        scores, added = self.scores(compared), np.round(compared.measures * self._weights(), 3)
        return [
            (
                float(scores[place]),
                MatchDetail(
                    contributions=dict(zip(MEASURES, added[place].tolist(), strict=True)),
                    variant_penalty=float(compared.penalties[place]),
                    mirror=bool(compared.mirrors[place]),
                    shared=shared,
                ),
            )
            for place, shared in enumerate(shared_between(features, pairs))
        ]

    def _weights(self) -> Floats:
        return np.array([self.coefficients[name] for name in MEASURES])

    def _content(self) -> dict[str, object]:
        return {
            "coefficients": dict(self.coefficients),
            "intercept": self.intercept,
            "threshold": self.threshold,
            "provenance": dict(self.provenance),
        }
