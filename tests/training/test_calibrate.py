import numpy as np

from nlp.heads import sigmoid, softmax
from training.calibrate import best_threshold, f_beta, fit_mixture, fit_platt, fit_temperature


def test_temperature_recovers_the_factor_that_made_the_labels() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(4000, 5))
    labels = np.array([rng.choice(5, p=row) for row in softmax(scores * 3)])
    assert abs(fit_temperature(scores, labels, weights=np.ones(4000)) - 3) < 0.3


def test_platt_makes_probabilities_true() -> None:
    rng = np.random.default_rng(1)
    scores = rng.normal(size=5000)
    truth = (rng.random(5000) < sigmoid(2 * scores - 1)).astype(float)
    slope, offset = fit_platt(scores, truth, weights=np.ones(5000))
    assert abs(slope - 2) < 0.25
    assert abs(offset + 1) < 0.2


def test_higher_beta_never_raises_the_threshold() -> None:
    rng = np.random.default_rng(2)
    chances = rng.random(2000)
    truth = (rng.random(2000) < chances**2).astype(float)
    ones = np.ones(2000)
    assert best_threshold(chances, truth, weights=ones, beta=2) <= best_threshold(chances, truth, weights=ones)


def test_f_beta_of_no_guess_is_zero() -> None:
    assert f_beta(np.zeros(3, bool), np.ones(3), weights=np.ones(3)) == 0


def test_a_mixture_gives_a_suppressed_class_its_chance_back() -> None:
    rng = np.random.default_rng(3)
    true_scores = rng.normal(size=(3000, 3)) * 2
    labels = np.array([rng.choice(3, p=row) for row in softmax(true_scores)])
    seen = true_scores / 4 - np.array([0, 0, 0.5])
    mixture = fit_mixture(seen, labels, own=np.eye(3), weights=np.ones(3000))
    logits = seen @ mixture.matrix + mixture.offsets
    assert (logits.argmax(1) == labels).mean() > (seen.argmax(1) == labels).mean()
    assert mixture.offsets[2] > mixture.offsets[0]
