import numpy as np
import pytest

from nlp.evidence import MAX_CHARS, EvidenceRanker, choose_evidence, find_clauses
from nlp.features import NgramVocabulary
from nlp.heads import Head, LinearHeads, RequestFeatures, rule_names
from nlp.signals import find_signals

TEXT = "电梯\n您好,我住在北苑。电梯里面困了两个孩子,快来人!物业说他们下班了,打了三次没人管。"


@pytest.fixture(scope="module")
def heads() -> LinearHeads:
    vocabulary = NgramVocabulary.fit([TEXT], min_documents=1)
    features = RequestFeatures(vocabulary, vocabulary, title_weight=0.5, signal_weight=0.5, term_weight=0.5)
    shapes = [
        Head("topic", ("其他/其他",), 0),
        Head("urgency", ("1", "2", "3"), 1),
        Head("needs", ("nan", "chou", "pan"), 4),
    ]
    weights = np.zeros((2 * len(vocabulary), 7), np.float32)
    weights[:, 2] = vocabulary.transform(["困了两个孩子"]).toarray().repeat(2, 0).ravel()
    weights[:, 4] = vocabulary.transform(["三次没人管"]).toarray().repeat(2, 0).ravel()
    rules = np.zeros((len(rule_names()), 7), np.float32)
    return LinearHeads(features, shapes, weights=weights, rule_weights=rules, bias=np.zeros(7, np.float32))


@pytest.fixture(scope="module")
def ranker(heads: LinearHeads) -> EvidenceRanker:
    width = find_clauses([TEXT], [[]]).rules.shape[1]
    return EvidenceRanker(np.zeros(len(heads.features.text), np.float32), np.zeros(width, np.float32))


def chosen(text: str, labels: list[str], heads: LinearHeads, ranker: EvidenceRanker) -> list[tuple[str, str]]:
    spans = choose_evidence([text], [find_signals(text)], labels=[labels], heads=heads, ranker=ranker)[0]
    return [(s.label, text[s.start : s.end]) for s in spans]


def test_each_need_gets_the_clause_its_head_speaks_for(heads: LinearHeads, ranker: EvidenceRanker) -> None:
    found = dict(chosen(TEXT, ["ji", "nan"], heads, ranker))
    assert "困了两个孩子" in found["ji"]
    assert "三次没人管" in found["nan"]


def test_a_single_need_gets_the_runner_up_too(heads: LinearHeads, ranker: EvidenceRanker) -> None:
    found = chosen(TEXT, ["ji"], heads, ranker)
    assert [label for label, _ in found] == ["ji", "ji"]
    assert found[0] != found[1]


def test_no_label_no_evidence(heads: LinearHeads, ranker: EvidenceRanker) -> None:
    assert chosen(TEXT, [], heads, ranker) == []


@pytest.mark.parametrize("text", ["\n", "\n〔姓名〕", "\n。。。", "\n😀😀"])
def test_a_text_without_a_clause_gives_none(text: str, heads: LinearHeads, ranker: EvidenceRanker) -> None:
    assert all(len(t) >= 3 for _, t in chosen(text, ["ji"], heads, ranker))


def test_clauses_are_short_and_hold_no_placeholder() -> None:
    text = "\n" + "没有标点的长句" * 40 + "。〔姓名〕说电梯坏了,请打〔手机号〕找我"
    clauses = find_clauses([text], [find_signals(text)])
    found = [text[a:b] for a, b in clauses.spans]
    assert max(map(len, found)) <= MAX_CHARS
    assert not any("〔" in t or "〕" in t for t in found)


def test_weights_lie_between_zero_and_one_and_fall(heads: LinearHeads, ranker: EvidenceRanker) -> None:
    spans = choose_evidence([TEXT], [[]], labels=[["ji", "nan", "pan"]], heads=heads, ranker=ranker)[0]
    weights = [s.weight for s in spans]
    assert weights == sorted(weights, reverse=True)
    assert all(0 <= w <= 1 for w in weights)
