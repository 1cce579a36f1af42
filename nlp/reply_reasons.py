"""Why a reply stands where it stands: Chinese reasons for what lowered a dimension, spans for what raised it."""

from __future__ import annotations

from collections.abc import Mapping

from nlp.reply_features import ReadPair
from nlp.response_signals import FORMULA, MEASURES, REFERRAL, ReadClause
from nlp.results import ReviewEvidence

_LOW = 1.3  # of 0..2: below it a dimension gets its reasons
_SUSPECTED = 0.5
_MOSTLY_FORMULA = 0.6
_PER_DIMENSION = 3
_RAISING = {
    "explained": ("finding", "legal", "quantity"),
    "action": (*MEASURES, "deadline", "how_to"),
    "empathy": ("apology", "visit"),
}
_LOWERING = {"evasion": ("clarify", "wait"), "downplay": ("play_down", "blame")}


def explain_scores(pair: ReadPair, scores: Mapping[str, float]) -> tuple[str, ...]:
    """Return a Chinese sentence for each thing that lowered the scores; what a machine holds against is 疑似."""
    reasons: list[str] = []
    if not pair.informing:
        reasons.append("只有收悉、转办或客套话,没有实质答复")
    elif scores["relevance"] < _LOW:
        reasons.append("疑似没有正面回应诉求的主要问题")
    reasons += _open_asks(pair, scores)
    if scores["explained"] < _LOW:
        reasons += _ungrounded(pair)
    if scores["action"] < _LOW:
        reasons += _without_action(pair)
    reasons += _suspicions(pair, scores)
    return tuple(dict.fromkeys(reasons))


def collect_evidence(pair: ReadPair) -> tuple[ReviewEvidence, ...]:
    """Return spans of the reply by dimension: what raised it, and what evasion and playing-down are suspected from."""
    found = [ReviewEvidence("relevance", *_of(a.by.text, a.by.start, a.by.end)) for a in pair.asks if a.by is not None]
    found = list(dict.fromkeys(found))[:_PER_DIMENSION]
    clauses = [c for s in pair.informing for c in s.kept]
    for dimension, names in {**_RAISING, **_LOWERING}.items():
        found += [_evidence(dimension, c) for c in clauses if c.has(*names)][:_PER_DIMENSION]
    passed_on = [c for s in pair.reply.sentences for c in s.clauses if c.role == REFERRAL]
    found += [_evidence("evasion", c) for c in passed_on][:_PER_DIMENSION]
    return tuple(e for e in found if e.text)


def _open_asks(pair: ReadPair, scores: Mapping[str, float]) -> list[str]:
    open_asks = sum(a.answered == "no" for a in pair.asks)
    if not pair.informing or not open_asks:
        return []
    if len(pair.asks) == 1:
        return ["没有找到与诉求点对应的答复"] if scores["completeness"] < _LOW else []
    return [f"{len(pair.asks)} 个诉求点中有 {open_asks} 个没有找到对应的答复"]


def _ungrounded(pair: ReadPair) -> list[str]:
    reasons = []
    if not _says(pair, "finding"):
        reasons.append("没有写明核实情况")
    if not _says(pair, "legal"):
        reasons.append("没有写明政策或法规依据")
    if not _says(pair, "quantity", "date"):
        reasons.append("没有可核对的事实和数据")
    return reasons


def _without_action(pair: ReadPair) -> list[str]:
    if not _says(pair, *MEASURES, "how_to"):
        vague = _says(pair, "vague_measure")
        return ["措施笼统,没有写明具体做什么" if vague else "没有写明具体措施"]
    reasons = []
    if not _says(pair, "unit"):
        reasons.append("没有写明责任单位")
    if not _says(pair, "deadline", "date"):
        reasons.append("没有写明完成时间")
    return reasons


def _suspicions(pair: ReadPair, scores: Mapping[str, float]) -> list[str]:
    reasons = []
    if scores["evasion"] >= _SUSPECTED:
        reasons.append("疑似回避或推诿")
    if scores["downplay"] >= _SUSPECTED:
        reasons.append("疑似轻描淡写")
    if _says(pair, "blame"):
        reasons.append("疑似有指责诉求人的表述")
    if pair.informing and pair.reply.share(FORMULA) >= _MOSTLY_FORMULA:
        reasons.append("客套话占比较高")
    return reasons


def _says(pair: ReadPair, *names: str) -> bool:
    return any(c.has(*names) for s in pair.informing for c in s.kept)


def _evidence(dimension: str, clause: ReadClause) -> ReviewEvidence:
    return ReviewEvidence(dimension, *_of(clause.span.text, clause.span.start, clause.span.end))


def _of(text: str, start: int, end: int) -> tuple[str, int, int]:
    bare = text.strip(" ，,、：:；;。\n")
    first = start + (text.find(bare) if bare else 0)
    return bare, first, first + len(bare)
