"""From held-out raw scores to probabilities and thresholds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from nlp.heads import sigmoid, softmax

_GRID = np.linspace(0.05, 0.95, 91)
_OWN_RIDGE = 1.0  # of .3, 1, 10, 30 the best level-2 accuracy, grouped CV on silver rows
_FOREIGN_RIDGE = 3.0  # of .3, 1, 3, none the best level-2 accuracy, likewise
_MAX_ITERATIONS = 80


@dataclass(frozen=True)
class Mixture:
    """How raw scores combine to logits: `scores @ matrix + offsets`. matrix: (n_scores, n_classes)."""

    matrix: np.ndarray
    offsets: np.ndarray


def fit_mixture(scores: np.ndarray, labels: np.ndarray, *, own: np.ndarray, weights: np.ndarray) -> Mixture:
    """Combine held-out scores to logits by least penalised log loss (matrix scaling).

    Rare classes, which the raw scores keep low, get their chance back, and classes that are mistaken for each other
    are told apart: level-2 accuracy on silver rows .739 to .752 (grouped CV, 6,260 rows).
    scores: (n, n_scores); labels: (n,) class indices; weights: (n,)
    own: (n_scores, n_classes), how much a score says of a class to begin with; 0 is penalised `_FOREIGN_RIDGE`
    Source: Guo et al. 2017, section 4.2.
    """
    count, classes = len(labels), own.shape[1]
    factor = fit_temperature(scores @ own, labels, weights=weights)
    first = own * factor
    ridge = np.where(own != 0, _OWN_RIDGE / factor**2, _FOREIGN_RIDGE)
    truth = np.eye(classes)[labels]

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        matrix, offsets = parameters[:-classes].reshape(first.shape), parameters[-classes:]
        chances = softmax(scores @ matrix + offsets)
        moved, lifted = matrix - first, offsets - offsets.mean()
        value = -(weights * np.log(np.maximum(chances[np.arange(count), labels], 1e-9))).sum()
        value += (ridge * moved**2).sum() + _OWN_RIDGE * (lifted**2).sum()
        residual = (chances - truth) * weights[:, None]
        gradient = (scores.T @ residual + 2 * ridge * moved).ravel()
        return float(value), np.concatenate([gradient, residual.sum(0) + 2 * _OWN_RIDGE * lifted])

    start = np.concatenate([first.ravel(), np.zeros(classes)])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _MAX_ITERATIONS}).x
    return Mixture(found[:-classes].reshape(first.shape), found[-classes:])


def fit_temperature(scores: np.ndarray, labels: np.ndarray, *, weights: np.ndarray) -> float:
    """Return the factor of the scores with the least log loss of their softmax.

    scores: (n, n_classes) held out; labels: (n,) class indices; weights: (n,)
    """

    def loss(log_factor: float) -> float:
        chosen = softmax(scores * np.exp(log_factor))[np.arange(len(labels)), labels]
        return float(-(weights * np.log(np.maximum(chosen, 1e-9))).sum() / weights.sum())

    return float(np.exp(minimize_scalar(loss, bounds=(-2.0, 5.0), method="bounded").x))


def fit_platt(scores: np.ndarray, truth: np.ndarray, *, weights: np.ndarray) -> tuple[float, float]:
    """Return slope and offset of the logistic curve over the scores of one output (Platt 1999, smoothed targets).

    scores: (n,) held out; truth: (n,) 0 or 1; weights: (n,)
    """
    positive, negative = weights[truth > 0].sum(), weights[truth <= 0].sum()
    target = np.where(truth > 0, (positive + 1) / (positive + 2), 1 / (negative + 2))

    def loss(parameters: np.ndarray) -> float:
        chance = np.clip(sigmoid(scores * parameters[0] + parameters[1]), 1e-9, 1 - 1e-9)
        return float(-(weights * (target * np.log(chance) + (1 - target) * np.log(1 - chance))).sum() / weights.sum())

    slope, offset = minimize(loss, np.array([3.0, 0.0]), method="L-BFGS-B").x
    return float(slope), float(offset)


def best_threshold(chances: np.ndarray, truth: np.ndarray, *, weights: np.ndarray, beta: float = 1.0) -> float:
    """Return the threshold of `_GRID` with the best F-beta; beta > 1 weighs recall more than precision."""
    found = [f_beta(chances >= t, truth, weights=weights, beta=beta) for t in _GRID]
    return float(_GRID[int(np.argmax(found))])


def f_beta(guess: np.ndarray, truth: np.ndarray, *, weights: np.ndarray, beta: float = 1.0) -> float:
    """Return the weighted F-beta of boolean guesses, 0..1."""
    hit = (weights * (guess & (truth > 0))).sum()
    total = (weights * guess).sum() + beta**2 * (weights * (truth > 0)).sum()
    return float((1 + beta**2) * hit / total) if total else 0.0
