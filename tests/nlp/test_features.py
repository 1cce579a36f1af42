from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from nlp.features import NgramVocabulary, key_text, ngram_keys, normalise

TEXTS = ["电梯停运三天", "电梯又停了", "电梯 坏了", "路灯不亮", "停水停电", "Ａ座电梯困人😀"]


@pytest.mark.parametrize("max_n", [1, 2, 3])
def test_rows_equal_those_of_scikit_learn(max_n: int) -> None:
    vocabulary = NgramVocabulary.fit(TEXTS, max_n=max_n, min_documents=1)
    reference = TfidfVectorizer(analyzer="char", ngram_range=(1, max_n), sublinear_tf=True, preprocessor=normalise)
    expected = reference.fit_transform(TEXTS)
    columns = [reference.vocabulary_[key_text(int(k))] for k in vocabulary.keys]
    assert np.allclose(vocabulary.transform(TEXTS).toarray(), expected[:, columns].toarray(), atol=1e-6)


def test_only_ngrams_of_enough_documents_stay() -> None:
    vocabulary = NgramVocabulary.fit(TEXTS, min_documents=4)
    assert {key_text(int(k)) for k in vocabulary.keys} == {"电", "停", "梯", "电梯"} - {"停"} | {"电"}


def test_digits_are_one_class_so_no_number_enters() -> None:
    assert normalise("电话１３８ 0000") == "电话000 0000"


def test_an_empty_text_is_an_empty_row() -> None:
    vocabulary = NgramVocabulary.fit(TEXTS, min_documents=1)
    assert vocabulary.transform(["", "电梯"]).getnnz(axis=1).tolist() == [0, 3]


def test_keys_know_their_place() -> None:
    keys, starts, lengths = ngram_keys("停水了", 2)
    assert [(key_text(int(k)), int(s), int(n)) for k, s, n in zip(keys, starts, lengths, strict=True)] == [
        ("停", 0, 1),
        ("水", 1, 1),
        ("了", 2, 1),
        ("停水", 0, 2),
        ("水了", 1, 2),
    ]
