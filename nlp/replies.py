"""How well an official reply responds to its request (答复评价).

Linear heads over the substance of a reply (`reply_features`): dimensions and overall by ridge, evasion and playing-down
by logistic regression. Two promises hold by construction: courtesy, repetition and padding raise no score, and a reply
that only acknowledges or passes on never exceeds `ACKNOWLEDGED_LIMIT`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from nlp.artifact import Artifact, Part
from nlp.asks import AskAlignment
from nlp.commitments import find_commitments
from nlp.errors import ArtifactError
from nlp.features import NgramVocabulary
from nlp.privacy import MaskedText, mask
from nlp.records import CHINA, RepliedRequest
from nlp.reply_features import ReadPair, feature_names, pair_features
from nlp.reply_reasons import collect_evidence, explain_scores
from nlp.results import Ask, Commitment, ReplyReview, ReviewEvidence, Span
from nlp.site import Site
from nlp.text import count_letters, has_chinese_or_latin

PART = "replies"
DIMENSIONS = ("relevance", "completeness", "explained", "action", "empathy")
SUSPICIONS = ("evasion", "downplay")
TARGETS = (*DIMENSIONS, "overall", "resolved", *SUSPICIONS)
ACKNOWLEDGED_LIMIT = 1.5  # overall of a reply that informs of nothing: of 88 judged ones 91 % stand at 1.5 or less
_ACKNOWLEDGED = {"relevance": 0.3, "completeness": 0.2, "explained": 0.2, "action": 0.3, "resolved": 0.0}
_EVASION_OF_ACKNOWLEDGED = 0.9  # of those 88 replies 97 % were judged evasive


@dataclass(frozen=True)
class ReplyScorer:
    """Weights of all heads over standardised features and TF-IDF.

    mean, scale: (n_features,); dense: (n_targets, n_features); text: (n_targets, n_ngrams); bias: (n_targets,)
    resolved_at: scores from which `resolved` is 1 and 2
    """

    vocabulary: NgramVocabulary
    mean: np.ndarray
    scale: np.ndarray
    dense: np.ndarray
    text: np.ndarray
    bias: np.ndarray
    resolved_at: tuple[float, float]

    @classmethod
    def from_artifact(cls, artifact: Artifact) -> ReplyScorer:
        """Load the part `replies`. Raises ArtifactError."""
        return cls.from_parts({PART: artifact.part(PART)})

    @classmethod
    def from_parts(cls, parts: Mapping[str, Part]) -> ReplyScorer:
        """Build from the part `replies`. Raises ArtifactError where it was made for other features."""
        part = parts[PART]
        if tuple(part.config["features"]) != feature_names() or tuple(part.config["targets"]) != TARGETS:
            raise ArtifactError("模型包的 replies 部分与本程序的答复特征不一致;请用 minsheng train 重新生成模型包")
        low, high = part.config["resolved_at"]
        arrays = {name: np.asarray(part.arrays[name], np.float64) for name in ("mean", "scale", "dense", "bias")}
        return cls(
            vocabulary=NgramVocabulary.from_part(part),
            text=np.asarray(part.arrays["text"], np.float32),
            resolved_at=(float(low), float(high)),
            **arrays,
        )

    def review(self, pairs: Sequence[RepliedRequest], *, site: Site) -> list[ReplyReview]:
        """Score each reply; one review a pair, in order. What cannot be judged has reasons and no numbers."""
        masked = [(mask(p.request.full_text), mask(p.reply)) for p in pairs]
        blocked = [_not_assessable(p) for p in pairs]
        judged = [i for i, reason in enumerate(blocked) if reason is None]
        read = {i: ReadPair.read(masked[i][0].masked, masked[i][1].masked, vocabulary=self.vocabulary) for i in judged}
        scores = dict(zip(judged, self.score([read[i] for i in judged]), strict=True))
        found = []
        for i, pair in enumerate(pairs):
            reason = blocked[i]
            if reason is not None:
                found.append(_without_numbers(pair, reason))
            else:
                found.append(self._review(pair, read[i], scores[i], masked=masked[i], site=site))
        return found

    def score(self, pairs: Sequence[ReadPair]) -> list[dict[str, float]]:
        """Return every target of read pairs: dimensions 0..2, overall 1..5, resolved 0..2, suspicions 0..1."""
        if not pairs:
            return []
        dense = (pair_features(pairs) - self.mean) / self.scale
        raw = dense @ self.dense.T + self.vocabulary.transform([p.model_text for p in pairs]) @ self.text.T + self.bias
        return [_in_range(dict(zip(TARGETS, row.tolist(), strict=True)), p) for row, p in zip(raw, pairs, strict=True)]

    def _review(
        self,
        pair: RepliedRequest,
        read: ReadPair,
        scores: Mapping[str, float],
        *,
        masked: tuple[MaskedText, MaskedText],
        site: Site,
    ) -> ReplyReview:
        message, reply = masked
        overall = scores["overall"]
        days, working, warnings = _time_taken(pair, site)
        return ReplyReview(
            id=pair.id,
            overall=overall,
            score=round((overall - 1) * 25),
            assessable=True,
            dimensions={name: scores[name] for name in (*DIMENSIONS, *SUSPICIONS)},
            resolved=sum(scores["resolved"] >= limit for limit in self.resolved_at),
            days_to_reply=days,
            working_days=working,
            asks=tuple(_ask(a, message, reply) for a in read.asks),
            commitments=_commitments(read, pair, reply, site),
            reasons=explain_scores(read, scores),
            evidence=tuple(e for found in collect_evidence(read) if (e := _evidence(found, reply)).text),
            warnings=warnings,
        )


def _in_range(raw: dict[str, float], pair: ReadPair) -> dict[str, float]:
    found = {name: float(np.clip(raw[name], 0.0, 2.0)) for name in (*DIMENSIONS, "resolved")}
    found["overall"] = float(np.clip(raw["overall"], 1.0, 5.0))
    found |= {name: float(1 / (1 + np.exp(-np.clip(raw[name], -30, 30)))) for name in SUSPICIONS}
    if pair.informing:
        return found
    found["overall"] = min(found["overall"], ACKNOWLEDGED_LIMIT)
    found |= {name: min(found[name], limit) for name, limit in _ACKNOWLEDGED.items()}
    found["evasion"] = max(found["evasion"], _EVASION_OF_ACKNOWLEDGED)
    return found


def _not_assessable(pair: RepliedRequest) -> str | None:
    reply = pair.reply.strip()
    if not reply:
        return "没有答复内容,无法评价"
    if not has_chinese_or_latin(pair.request.full_text):
        return "诉求中没有文字,无法对照评价"
    if count_letters(reply).chinese == 0:
        return "答复中没有中文内容,无法评价"
    if _bare(reply) in (_bare(pair.request.text), _bare(pair.request.full_text)):
        return "答复与诉求内容相同,疑似误填,无法评价"
    return None


def _bare(text: str) -> str:
    return "".join(text.split())


def _without_numbers(pair: RepliedRequest, reason: str) -> ReplyReview:
    return ReplyReview(
        id=pair.id,
        overall=None,
        score=None,
        assessable=False,
        dimensions=None,
        resolved=None,
        days_to_reply=None,
        working_days=None,
        asks=(),
        commitments=(),
        reasons=(reason,),
        evidence=(),
    )


def _time_taken(pair: RepliedRequest, site: Site) -> tuple[float | None, int | None, tuple[str, ...]]:
    asked, answered = pair.request.time, pair.reply_time
    if asked is None or answered is None:
        return None, None, ()
    if answered < asked:
        return None, None, ("答复时间早于诉求时间,未计算答复用时",)
    warning = site.calendar_warning(asked, answered)
    days = round((answered - asked).total_seconds() / 86400, 2)
    return days, site.working_days(asked, answered), (warning,) if warning else ()


def _ask(found: AskAlignment, message: MaskedText, reply: MaskedText) -> Ask:
    ask = _span(found.ask, message)
    by = None if found.by is None else _span(found.by, reply)
    return Ask(ask.text, ask.start, ask.end, found.answered, by)


def _span(span: Span, text: MaskedText) -> Span:
    start, end = text.original_span(span.start, span.end)
    return Span(text.original[start:end], start, end)


def _evidence(found: ReviewEvidence, reply: MaskedText) -> ReviewEvidence:
    start, end = reply.original_span(found.start, found.end)
    return ReviewEvidence(found.dimension, reply.original[start:end], start, end)


def _commitments(read: ReadPair, pair: RepliedRequest, reply: MaskedText, site: Site) -> tuple[Commitment, ...]:
    today = None if pair.reply_time is None else pair.reply_time.astimezone(CHINA).date()
    found = find_commitments(read.reply, today=today, add_working_days=lambda day, n: add_working_days(site, day, n))
    placed = []
    for promise in found:
        start, end = reply.original_span(promise.start, promise.end)
        placed.append(Commitment(promise.what, promise.who, promise.due, start, end))
    return tuple(placed)


def add_working_days(site: Site, start: date, count: int) -> date:
    """Return the day `count` working days of the site's calendar after `start`."""
    day = start
    while count > 0:
        day += timedelta(days=1)
        count -= site.is_working_day(day)
    return day
