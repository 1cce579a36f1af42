import numpy as np

from nlp.trees import BoostedTrees

# Is feature 0 <= 1? Then: is feature 1 <= 5? Otherwise: is feature 0 <= 3?
TREE = BoostedTrees(
    np.array([[0, 1, 0]], np.int16),
    np.array([[1.0, 5.0, 3.0]], np.float32),
    np.array([[10.0, 20.0, 30.0, 40.0]], np.float32),
    0.5,
)


def test_each_row_ends_in_its_leaf():
    rows = np.array([[1.0, 5.0], [0.0, 6.0], [2.0, 0.0], [4.0, 0.0]])
    assert TREE.logits(rows).tolist() == [10.5, 20.5, 30.5, 40.5]


def test_trees_are_summed():
    two = BoostedTrees(*(np.repeat(a, 2, axis=0) for a in (TREE.features, TREE.thresholds, TREE.values)), 0.0)
    assert two.logits(np.array([[0.0, 0.0]])).tolist() == [20.0]


def test_many_rows_and_none():
    rows = np.tile([4.0, 0.0], (10_000, 1))
    assert (TREE.logits(rows) == 40.5).all()
    assert len(TREE.logits(np.empty((0, 2)))) == 0
