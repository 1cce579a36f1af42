import numpy as np
from scipy import sparse

from training.heads import DesignMatrix, cross_margins, cross_ridge, fit_margins, fit_ridge, one_hot


def example(count: int = 120) -> tuple[DesignMatrix, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = rng.choice(["甲", "乙", "丙"], count)
    targets = one_hot(list(labels), ["甲", "乙", "丙"])
    dense = (targets + rng.normal(scale=0.5, size=targets.shape)).astype(np.float32)
    return DesignMatrix(sparse.csr_matrix(dense), dense[:, :1]), targets


def test_ridge_scores_of_the_dual_equal_its_weights() -> None:
    rows, targets = example()
    gram, penalty = rows.gram(), np.full(len(rows), 0.3)
    fitted = fit_ridge(rows, targets, gram=gram, penalty=penalty)
    duals = np.linalg.solve(gram + np.diag(penalty), targets)
    np.testing.assert_allclose(fitted.scores(rows), gram @ duals, atol=1e-3)


def test_held_out_scores_still_find_the_class() -> None:
    rows, targets = example()
    folds = np.arange(len(rows)) % 4
    ridge = cross_ridge(rows.gram(), targets, penalty=np.full(len(rows), 0.3), folds=folds)
    margins = cross_margins(rows, targets, weights=np.ones(len(rows)), folds=folds, cost=1.0, seed=1)
    for scores in (ridge, margins):
        assert (scores.argmax(1) == targets.argmax(1)).mean() > 0.9


def test_an_answer_nobody_gave_is_constant() -> None:
    rows, _ = example()
    never = -np.ones((len(rows), 1), np.float32)
    fitted = fit_margins(rows, never, weights=np.ones(len(rows)), cost=1.0, seed=1)
    assert (fitted.scores(rows) == -1).all()
