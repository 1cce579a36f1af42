"""Triage (研判): kind, topic, needs, urgency, places, evidence and who is in charge, for a batch at once.

One masking pass, one pass of rule signals, one sparse product; what is found on the masked text is mapped back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlp.artifact import Artifact, Part
from nlp.errors import ArtifactError, TaxonomyError
from nlp.evidence import EvidenceRanker, NeedSpan, choose_evidence
from nlp.heads import LinearHeads, sigmoid, softmax
from nlp.places import find_places
from nlp.privacy import MaskedText, mask
from nlp.records import ResidentRequest
from nlp.results import KINDS, NEEDS, Evidence, PlaceMention, TopicScore, Triage
from nlp.signals import Signal, find_signals
from nlp.site import Due, Site
from nlp.taxonomy import TEDDY_7, Taxonomy
from nlp.text import has_chinese_or_latin
from nlp.urgency import UrgencyThresholds, decide_handoff, decide_levels, level_scores

PART = "triage"
TEDDY_PART = "teddy"
OTHER_TOPIC = "其他/其他"
OTHER_KIND = "其他"
MAX_TOPICS = 5
_PLACEHOLDER = "〔", "〕"
_UNKNOWN_SCORE = 0.02
PLATFORM_DUE = "platform"  # due_rule of a request that brought its own deadline


@dataclass(frozen=True)
class Calibration:
    """Turns raw scores into probabilities and probabilities into decisions.

    slopes, offsets: of each sigmoid column, by head (the scores of softmax heads are logits already)
    thresholds: of the needs nan, chou, pan; review_*: below which topic score, around which P(urgent)
    """

    slopes: Mapping[str, np.ndarray]
    offsets: Mapping[str, np.ndarray]
    thresholds: Mapping[str, float]
    urgency: UrgencyThresholds
    review_topic: float
    review_urgent: tuple[float, float]

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Calibration:
        low, high = config["review_urgent"]
        return cls(
            {k: np.asarray(v, np.float32) for k, v in config["slopes"].items()},
            {k: np.asarray(v, np.float32) for k, v in config["offsets"].items()},
            {k: float(v) for k, v in config["thresholds"].items()},
            UrgencyThresholds.from_config(config["urgency"]),
            float(config["review_topic"]),
            (float(low), float(high)),
        )

    def sigmoid(self, head: str, scores: np.ndarray) -> np.ndarray:
        return sigmoid(scores * self.slopes[head] + self.offsets[head])


@dataclass(frozen=True)
class Judgement:
    """Probabilities and decisions of a batch; row i belongs to text i.

    topic, kind: (n, n_labels); needs: (n, 4) in the order of `NEEDS`; levels: (n, 4); urgency, group: (n,)
    """

    topic: np.ndarray
    kind: np.ndarray
    needs: np.ndarray
    levels: np.ndarray
    urgency: np.ndarray
    group: np.ndarray


class TriageModel:
    """The heads, their calibration and the label tree."""

    def __init__(self, part: Part, *, taxonomy: Taxonomy, teddy: Part | None) -> None:
        self.heads = LinearHeads.from_part(part)
        self.calibration = Calibration.from_config(part.config["calibration"])
        self.ranker = EvidenceRanker.from_part(part)
        self.taxonomy = taxonomy
        self.version = ""
        self._teddy = None if teddy is None else LinearHeads.from_part(teddy)

    @classmethod
    def from_artifact(cls, artifact: Artifact, taxonomy: Taxonomy) -> TriageModel:
        """Load the parts of an opened artefact. Raises ArtifactError."""
        model = cls.from_parts({name: artifact.part(name) for name in (PART, TEDDY_PART)}, taxonomy)
        model.version = artifact.manifest.version
        return model

    @classmethod
    def from_parts(cls, parts: Mapping[str, Part], taxonomy: Taxonomy) -> TriageModel:
        """Build from trained parts; without the part `teddy` the seven-class answer is refused."""
        model = cls(parts[PART], taxonomy=taxonomy, teddy=parts.get(TEDDY_PART))
        unknown = [t for t in model.heads.heads["topic"].labels if t not in taxonomy]
        if unknown:
            raise ArtifactError(
                f"模型包的类别“{unknown[0]}”不在类别表 {taxonomy.version} 中;请用同版本的类别表或重新训练"
            )
        return model

    def judge(self, requests: Sequence[ResidentRequest], *, site: Site, taxonomy: str | None = None) -> list[Triage]:
        """Judge requests in their order. `taxonomy="teddy-7"` answers with the seven names of the Teddy data.

        Raises TaxonomyError for another name.
        """
        if taxonomy not in (None, TEDDY_7, self.taxonomy.version):
            raise TaxonomyError(f"没有类别表 {taxonomy};可用的是 {self.taxonomy.version} 和 {TEDDY_7}")
        if not requests:
            return []
        masked = [mask(r.full_text) for r in requests]
        texts = [m.masked for m in masked]
        signals = [find_signals(t) for t in texts]
        judged = self.judge_texts(texts, signals)
        topics = judged.topic if taxonomy != TEDDY_7 else self.teddy_topics(texts, signals)
        labels = self._labels(judged)
        readable = [is_readable(t) for t in texts]
        asked = [of_text if ok else [] for of_text, ok in zip(labels, readable, strict=True)]
        evidence = choose_evidence(texts, signals, labels=asked, heads=self.heads, ranker=self.ranker)
        found = []
        for row, request in enumerate(requests):
            drafted = _Draft(request, masked[row], signals[row], labels[row], evidence[row], row)
            names = self._topic_names(taxonomy)
            if not readable[row]:
                found.append(self._unreadable(request, names=names))
            else:
                found.append(self._triage(drafted, judged, topics=topics[row], names=names, site=site))
        return found

    def judge_texts(self, texts: Sequence[str], signals: Sequence[Sequence[Signal]]) -> Judgement:
        """Judge masked full texts (title, line feed, body) with their signals: probabilities and urgency only."""
        return self.judge_scores(self.heads.scores(texts, signals))

    def judge_scores(self, scores: np.ndarray) -> Judgement:
        """Apply calibration and the urgency decision to raw scores, (n_texts, n_columns)."""
        raw = {name: scores[:, head.columns] for name, head in self.heads.heads.items()}
        at_least = self.calibration.sigmoid("urgency", raw["urgency"])
        at_least = np.minimum.accumulate(at_least, axis=1)
        return Judgement(
            topic=softmax(raw["topic"]),
            kind=softmax(raw["kind"]),
            needs=np.hstack([at_least[:, 1:2], self.calibration.sigmoid("needs", raw["needs"])]),
            levels=level_scores(at_least),
            urgency=decide_levels(at_least, self.calibration.urgency),
            group=self.calibration.sigmoid("group", raw["group"])[:, 0],
        )

    def teddy_topics(self, texts: Sequence[str], signals: Sequence[Sequence[Signal]]) -> np.ndarray:
        """Return the probabilities of the seven Teddy classes, (n_texts, 7)."""
        if self._teddy is None:
            raise TaxonomyError(f"这个模型包没有 {TEDDY_7} 类别;请换用带 {TEDDY_PART} 部分的模型包")
        return softmax(self._teddy.scores(texts, signals))

    def _topic_names(self, taxonomy: str | None) -> tuple[str, ...]:
        if taxonomy == TEDDY_7 and self._teddy is not None:
            return self._teddy.heads["teddy"].labels
        return self.heads.heads["topic"].labels

    def _labels(self, judged: Judgement) -> list[list[str]]:
        limits = [self.calibration.thresholds.get(need, 1.0) for need in NEEDS]
        over = judged.needs >= np.array(limits, np.float32)
        over[:, 0] = judged.urgency >= 2
        return [[need for need, holds in zip(NEEDS, row, strict=True) if holds] for row in over]

    def _needs_review(self, topic_score: float, urgent: float) -> bool:
        low, high = self.calibration.review_urgent
        return topic_score < self.calibration.review_topic or low <= urgent < high

    def _triage(
        self, draft: _Draft, judged: Judgement, *, topics: np.ndarray, names: tuple[str, ...], site: Site
    ) -> Triage:
        request, row = draft.request, draft.row
        best = _best_topics(topics, names)
        own_topics = self.heads.heads["topic"].labels
        own = own_topics[int(np.argmax(judged.topic[row]))]
        kinds = judged.kind[row]
        kind = self.heads.heads["kind"].labels[int(np.argmax(kinds))]
        urgency, topic = int(judged.urgency[row]), best[0]
        own_area = site.area_of(request.area)
        places = draft.places(site, own_area)
        area = site.most_specific(own_area, (p.area for p in places))
        on = request.time.date() if request.time else None
        due = own_due(request) or site.due(request.time, urgency=urgency, topic=own, kind=kind)
        calendar = site.calendar_warning(request.time, due.at) if due.at and due.rule != PLATFORM_DUE else None
        return Triage(
            id=request.id,
            kind=kind,
            kind_score=float(kinds.max()),
            topic=topic.topic,
            topic_score=topic.score,
            topic_codes=site.topic_codes(own, on=on),
            topics=best,
            needs={need: float(p) for need, p in zip(NEEDS, judged.needs[row], strict=True)},
            labels=tuple(draft.labels),
            urgency=urgency,
            urgency_scores=_four(judged.levels[row]),
            due=due.at,
            due_rule=due.rule,
            handoff=decide_handoff(urgency, topic=own, signals=draft.signals),
            group=float(judged.group[row]),
            places=places,
            evidence=draft.evidence(),
            department=site.departments(own, area=area, score=float(judged.topic[row].max()), on=on),
            review=self._needs_review(topic.score, float(judged.needs[row, 0])),
            model=self.version,
            warnings=request.warnings + ((calendar,) if calendar else ()),
        )

    def _unreadable(self, request: ResidentRequest, *, names: tuple[str, ...]) -> Triage:
        """Answer a text without a letter: nothing is known, a person must look."""
        first = [OTHER_TOPIC] if OTHER_TOPIC in names else []
        topics = tuple(TopicScore(n, _UNKNOWN_SCORE) for n in [*first, *(n for n in names if n not in first)][:3])
        due = own_due(request) or Due()
        return Triage(
            id=request.id,
            kind=OTHER_KIND,
            kind_score=1 / len(KINDS),
            topic=topics[0].topic,
            topic_score=topics[0].score,
            topic_codes=(),
            topics=topics,
            needs=dict.fromkeys(NEEDS, _UNKNOWN_SCORE),
            labels=(),
            urgency=0,
            urgency_scores=(1 - 2 * _UNKNOWN_SCORE, _UNKNOWN_SCORE, _UNKNOWN_SCORE, 0.0),
            due=due.at,
            due_rule=due.rule,
            handoff="none",
            group=_UNKNOWN_SCORE,
            places=(),
            evidence=(),
            department=(),
            review=True,
            model=self.version,
            warnings=request.warnings,
        )


@dataclass(frozen=True)
class _Draft:
    request: ResidentRequest
    masked: MaskedText
    signals: Sequence[Signal]
    labels: Sequence[str]
    spans: Sequence[NeedSpan]
    row: int

    def places(self, site: Site, area: str | None) -> tuple[PlaceMention, ...]:
        found = []
        for place in find_places(self.masked.masked, site=site, within=area):
            start, end = self.masked.original_span(place.start, place.end)
            if start < end:
                found.append(PlaceMention(self.masked.original[start:end], start, end, place.area))
        return tuple(found)

    def evidence(self) -> tuple[Evidence, ...]:
        found = []
        for span in self.spans:
            start, end = self.masked.original_span(span.start, span.end)
            if start < end:
                found.append(Evidence(span.label, self.masked.original[start:end], start, end, span.weight))
        return tuple(found)


def own_due(request: ResidentRequest) -> Due | None:
    """Return the deadline that the request's own platform gave it; None leaves it to the site's table."""
    return None if request.due is None else Due(request.due, PLATFORM_DUE)


def is_readable(masked: str) -> bool:
    """Say whether a masked text says anything: a Chinese or Latin letter outside of placeholders."""
    left, right = _PLACEHOLDER
    if left in masked:
        masked = "".join(piece.rpartition(right)[2] for piece in masked.split(left))
    return has_chinese_or_latin(masked)


def _best_topics(scores: np.ndarray, names: Sequence[str]) -> tuple[TopicScore, ...]:
    order = np.argsort(-scores, kind="stable")[:MAX_TOPICS]
    return tuple(TopicScore(names[i], float(scores[i])) for i in order)


def _four(values: np.ndarray) -> tuple[float, float, float, float]:
    return float(values[0]), float(values[1]), float(values[2]), float(values[3])
