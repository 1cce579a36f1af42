import numpy as np
import pytest

from nlp.taxonomy import Taxonomy
from nlp.topic_terms import TopicTerms, term_features


def test_the_lexicon_covers_the_taxonomy() -> None:
    assert set(TopicTerms.bundled().topics) == set(Taxonomy.load().names)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("路口红绿灯不亮,堵车", "交通运输/拥堵与信号灯"),
        ("宽带没信号,运营商不管", "科技与信息产业/通信网络"),
        ("墓地和骨灰怎么安排", "民政/婚姻殡葬与区划地名"),
    ],
)
def test_words_point_at_their_topic(text: str, topic: str) -> None:
    row = term_features([text])[0]
    assert TopicTerms.bundled().topics[int(np.argmax(row))] == topic


def test_a_row_is_at_most_of_unit_length() -> None:
    rows = term_features(["", "物业", "物业电梯保安" * 500])
    assert np.linalg.norm(rows, axis=1).max() <= 1 + 1e-6
    assert not rows[0].any()
