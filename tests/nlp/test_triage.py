from collections.abc import Mapping

import numpy as np
import pytest

from nlp.artifact import Part
from nlp.errors import ArtifactError, TaxonomyError
from nlp.evidence import EvidenceRanker, find_clauses
from nlp.features import NgramVocabulary
from nlp.heads import Head, LinearHeads, RequestFeatures, rule_names
from nlp.records import ResidentRequest, parse_time
from nlp.results import KINDS, NEEDS, to_json
from nlp.site import Site
from nlp.taxonomy import TEDDY_7, Taxonomy
from nlp.triage import TriageModel, is_readable

LIFT, PARK, BUS = "城乡建设/物业管理", "城乡建设/园林绿化与公园", "交通运输/公交与地铁"
WORDS = {LIFT: "电梯困人", PARK: "公园草坪", BUS: "公交末班车"}
TEXTS = [*WORDS.values(), "多次反映没人管", "睡不着", "希望增设", "我们全体业主", "投诉", "建议", "你好"]
TEDDY = ("交通运输", "劳动和社会保障", "卫生计生", "商贸旅游", "城乡建设", "教育文体", "环境保护")


def linear(heads: list[Head], cues: Mapping[int, str], *, bias: float = -2.0) -> LinearHeads:
    """Heads whose column fires on the n-grams of its cue."""
    vocabulary = NgramVocabulary.fit(TEXTS, min_documents=1)
    titles = NgramVocabulary.fit(["标题"], min_documents=1)
    features = RequestFeatures(vocabulary, titles, title_weight=0.5, signal_weight=0.5, term_weight=0.5)
    width = heads[-1].columns.stop
    weights = np.zeros((len(vocabulary) + len(titles), width), np.float32)
    for column, cue in cues.items():
        weights[: len(vocabulary), column] = 8 * vocabulary.transform([cue]).toarray()[0]
    rules = np.zeros((len(rule_names()), width), np.float32)
    return LinearHeads(features, heads, weights=weights, rule_weights=rules, bias=np.full(width, bias, np.float32))


def triage_part() -> Part:
    names = Taxonomy.load().names
    count = len(names)
    heads = [
        Head("topic", names, 0),
        Head("kind", KINDS, count),
        Head("needs", ("nan", "chou", "pan"), count + 7),
        Head("urgency", ("1", "2", "3"), count + 10),
        Head("group", ("group",), count + 13),
    ]
    cues = {names.index(topic): word for topic, word in WORDS.items()}
    cues |= {count: "投诉", count + 4: "建议", count + 7: "多次反映没人管", count + 8: "睡不着", count + 9: "希望增设"}
    cues |= {count + 10: "电梯困人", count + 11: "电梯困人", count + 12: "电梯困人", count + 13: "我们全体业主"}
    model = linear(heads, cues)
    ones = {h.name: [4.0] * len(h.labels) for h in heads}
    zeros = {name: [0.0] * len(v) for name, v in ones.items()}
    calibration = {
        "slopes": ones,
        "offsets": zeros,
        "thresholds": {"nan": 0.5, "chou": 0.5, "pan": 0.5},
        "urgency": {"ordinary": 0.5, "urgent": 0.5, "critical": 0.9},
        "review_topic": 0.3,
        "review_urgent": [0.3, 0.7],
    }
    part = model.to_part({"calibration": calibration})
    ranker = EvidenceRanker(
        np.zeros(len(model.features.text), np.float32), np.zeros(find_clauses(["电梯坏了"], [[]]).rules.shape[1])
    )
    return Part({**part.arrays, **ranker.arrays()}, part.config)


def teddy_part() -> Part:
    model = linear([Head("teddy", TEDDY, 0)], {0: "公交末班车", 4: "电梯困人"})
    return model.to_part({})


@pytest.fixture(scope="module")
def site() -> Site:
    return Site.load()


@pytest.fixture(scope="module")
def model() -> TriageModel:
    return TriageModel.from_parts({"triage": triage_part(), "teddy": teddy_part()}, Taxonomy.load())


def request(text: str, *, title: str = "", **more: object) -> ResidentRequest:
    return ResidentRequest.from_row({"id": "1", "title": title, "text": text, **more})


def test_a_lift_with_people_in_it_is_urgent_and_ji(model: TriageModel, site: Site) -> None:
    found = model.judge([request("电梯困人")], site=site)[0]
    assert found.topic == LIFT
    assert found.urgency >= 2
    assert "ji" in found.labels
    assert found.handoff == "119"


@pytest.mark.parametrize(
    "text", ["电梯困人", "公园草坪", "多次反映没人管,睡不着", "你好", "电梯困人 公园草坪 你好 希望增设"]
)
def test_ji_holds_exactly_where_urgency_is_two_or_more(text: str, model: TriageModel, site: Site) -> None:
    found = model.judge([request(text)], site=site)[0]
    assert ("ji" in found.labels) == (found.urgency >= 2)
    assert found.needs["ji"] == pytest.approx(sum(found.urgency_scores[2:]), abs=1e-5)


def test_spans_are_exact_slices_of_what_was_sent(model: TriageModel, site: Site) -> None:
    asked = request("我姓王,手机13900001234,电梯困人,多次反映没人管", title="３栋电梯😀")
    found = model.judge([asked], site=site)[0]
    assert found.evidence
    for span in (*found.evidence, *found.places):
        assert asked.full_text[span.start : span.end] == span.text
        assert "13900001234" not in span.text


def test_scores_are_probabilities_in_the_order_of_the_contract(model: TriageModel, site: Site) -> None:
    found = model.judge([request("公园草坪要修剪")], site=site)[0]
    scores = [t.score for t in found.topics]
    assert len(scores) >= 3
    assert scores == sorted(scores, reverse=True)
    assert found.topics[0].topic == found.topic == PARK
    assert tuple(found.needs) == NEEDS
    assert sum(found.urgency_scores) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("text", ["😀😀😀", "12345 ...", "！！！", "13900001234", "。"])
def test_a_text_without_a_letter_goes_to_review(text: str, model: TriageModel, site: Site) -> None:
    found = model.judge([request(text)], site=site)[0]
    assert (found.review, found.topic, found.kind, found.urgency) == (True, "其他/其他", "其他", 0)
    assert found.labels == found.evidence == ()
    assert max(found.topic_score, *found.needs.values()) < 0.1
    assert len(found.topics) >= 3


def test_an_unsure_topic_goes_to_review(model: TriageModel, site: Site) -> None:
    assert model.judge([request("今天天气不错呀")], site=site)[0].review


def test_due_follows_the_deadline_table_and_is_null_without_time(model: TriageModel, site: Site) -> None:
    time = "2026-11-09T08:30:00+08:00"
    dated, undated = model.judge([request("电梯困人", time=time), request("电梯困人")], site=site)
    asked = parse_time(time)
    assert asked is not None
    assert dated.due is not None
    assert 0 < (dated.due - asked).total_seconds() <= 72 * 3600
    assert dated.due_rule == undated.due_rule
    assert undated.due is None


def test_the_department_comes_from_the_dispatch_table(model: TriageModel, site: Site) -> None:
    found = model.judge([request("电梯困人")], site=site)[0]
    assert found.department[0].role == "lead"
    assert found.department[0].why == LIFT


def test_teddy_answers_with_bare_names_and_keeps_the_rest(model: TriageModel, site: Site) -> None:
    plain = model.judge([request("公交末班车太早")], site=site)[0]
    seven = model.judge([request("公交末班车太早")], site=site, taxonomy=TEDDY_7)[0]
    assert plain.topic == BUS
    assert seven.topic == "交通运输"
    assert {t.topic for t in seven.topics} <= set(TEDDY)
    assert (seven.kind, seven.needs, seven.department) == (plain.kind, plain.needs, plain.department)


def test_an_unknown_taxonomy_is_refused(model: TriageModel, site: Site) -> None:
    with pytest.raises(TaxonomyError, match="teddy-7"):
        model.judge([request("电梯")], site=site, taxonomy="teddy-8")


def test_without_the_teddy_part_seven_classes_are_refused(site: Site) -> None:
    alone = TriageModel.from_parts({"triage": triage_part()}, Taxonomy.load())
    with pytest.raises(TaxonomyError):
        alone.judge([request("电梯")], site=site, taxonomy=TEDDY_7)


def test_other_lexicons_than_at_training_are_refused() -> None:
    part = triage_part()
    with pytest.raises(ArtifactError, match="minsheng train"):
        TriageModel.from_parts({"triage": Part(part.arrays, {**part.config, "rules": ["gas"]})}, Taxonomy.load())


def test_a_batch_is_judged_as_each_text_alone(model: TriageModel, site: Site) -> None:
    batch = [request(t) for t in ("电梯困人", "", "😀", "公交末班车" * 500, "ＡＢＣ公园草坪") if t]
    together = model.judge(batch, site=site)
    alone = [model.judge([r], site=site)[0] for r in batch]
    assert [to_json(t)["topic"] for t in together] == [to_json(t)["topic"] for t in alone]
    for a, b in zip(together, alone, strict=True):
        assert a.topic_score == pytest.approx(b.topic_score, abs=1e-4)
        assert a.evidence == b.evidence


def test_no_requests_no_results(model: TriageModel, site: Site) -> None:
    assert model.judge([], site=site) == []


@pytest.mark.parametrize(
    ("masked", "readable"),
    [("〔姓名〕", False), ("〔手机号〕12", False), ("〔姓名〕好", True), ("ok", True), ("", False)],
)
def test_placeholders_do_not_count_as_letters(masked: str, readable: bool) -> None:
    assert is_readable(masked) is readable


def test_a_requests_own_deadline_wins_over_the_sites_table(model: TriageModel, site: Site) -> None:
    due = "2026-11-24 18:00"
    found = model.judge([request("电梯困人", time="2026-11-09 08:30", due=due), request("123", due=due)], site=site)
    assert [(t.due, t.due_rule) for t in found] == [(parse_time(due), "platform")] * 2
