import numpy as np
import pytest

from nlp.signals import find_signals
from nlp.urgency import UrgencyThresholds, decide_handoff, decide_levels, level_scores

THRESHOLDS = UrgencyThresholds(ordinary=0.5, urgent=0.3, critical=0.4)


@pytest.mark.parametrize(
    ("at_least", "level"),
    [((0.1, 0.0, 0.0), 0), ((0.9, 0.2, 0.1), 1), ((0.9, 0.35, 0.1), 2), ((0.9, 0.8, 0.5), 3), ((0.4, 0.9, 0.9), 3)],
)
def test_levels_follow_their_thresholds(at_least: tuple[float, float, float], level: int) -> None:
    assert decide_levels(np.array([at_least]), THRESHOLDS)[0] == level


def test_urgent_wins_over_an_unsure_first_step() -> None:
    assert decide_levels(np.array([[0.45, 0.4, 0.0]]), THRESHOLDS)[0] == 2


def test_level_scores_are_a_distribution_even_where_steps_cross() -> None:
    scores = level_scores(np.array([[0.9, 0.3, 0.1], [0.2, 0.6, 0.7]]))
    assert scores.shape == (2, 4)
    np.testing.assert_allclose(scores.sum(1), 1)
    assert scores.min() >= 0


@pytest.mark.parametrize(
    ("text", "urgency", "topic", "line"),
    [
        ("二楼厨房起火,烟很大", 3, "城乡建设/物业管理", "119"),
        ("有人拿着菜刀在楼下", 3, "政法/社会治安", "110"),
        ("老人摔倒昏迷", 3, "民政/养老服务", "120"),
        ("路口撞了人,肇事车还在", 2, "政法/交通执法与管理", "122"),
        ("一屋子煤气味", 2, "城乡建设/供水供电供气供暖", "utility"),
        ("整栋楼停水", 1, "城乡建设/供水供电供气供暖", "none"),
        ("检查过了,没有漏气", 2, "城乡建设/供水供电供气供暖", "none"),
        ("判决一年了对方不给钱", 1, "政法/司法与诉讼", "legal"),
        ("小区想装个篮球架", 1, "教育文体/文化体育", "none"),
    ],
)
def test_handoff_names_the_line_in_charge(text: str, urgency: int, topic: str, line: str) -> None:
    assert decide_handoff(urgency, topic=topic, signals=find_signals(text)) == line
