"""Urgency (紧急程度) as one ordered decision, and who must be called at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nlp.signals import Signal, SignalLexicon

STEPS = ("1", "2", "3")  # P(urgency >= step)
_LEGAL_TOPICS = frozenset({"政法/司法与诉讼"})
_LEGAL_WITH_COURT = frozenset({"政法/其他", "城乡建设/房产交易与合同", "劳动和社会保障/劳动关系与权益"})


@dataclass(frozen=True, slots=True)
class UrgencyThresholds:
    """From which probability on a level is given: ordinary (1), urgent (2), critical (3)."""

    ordinary: float
    urgent: float
    critical: float

    @classmethod
    def from_config(cls, config: Mapping[str, float]) -> UrgencyThresholds:
        return cls(float(config["ordinary"]), float(config["urgent"]), float(config["critical"]))


def level_scores(at_least: np.ndarray) -> np.ndarray:
    """Turn P(>=1), P(>=2), P(>=3), (n, 3), into the probabilities of the levels 0..3, (n, 4)."""
    steps = np.minimum.accumulate(np.clip(at_least, 0, 1), axis=1)
    edges = np.hstack([np.ones((len(steps), 1)), steps, np.zeros((len(steps), 1))])
    return np.asarray(edges[:, :-1] - edges[:, 1:])


def decide_levels(at_least: np.ndarray, thresholds: UrgencyThresholds) -> np.ndarray:
    """Decide the level of each row from P(>=1), P(>=2), P(>=3); urgent is decided first."""
    steps = np.minimum.accumulate(at_least, axis=1)
    urgent = steps[:, 1] >= thresholds.urgent
    calm = np.where(steps[:, 0] >= thresholds.ordinary, 1, 0)
    return np.where(urgent, np.where(steps[:, 2] >= thresholds.critical, 3, 2), calm)


def decide_handoff(urgency: int, *, topic: str, signals: Sequence[Signal]) -> str:
    """Say who takes over: none, 110, 119, 120, 122, utility or legal.

    The first rule of the lexicon that fits wins; a negated danger (没有漏气) is no danger. What a court decides goes to
    legal aid.
    """
    names = {s.name for s in signals}
    for rule in SignalLexicon.bundled().handoff:
        if urgency >= rule.urgency and names & rule.signals:
            return rule.line
    if topic in _LEGAL_TOPICS or (topic in _LEGAL_WITH_COURT and "court" in names):
        return "legal"
    return "none"
