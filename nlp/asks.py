"""The asks of a message (诉求点) and where a reply answers them.

A sentence is an ask when it puts a question or demands something. Each ask is aligned to the sentence of the reply that
shares most of its n-grams, weighted by how rare they are; numbered answers are aligned to numbered asks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlp.features import NgramVocabulary
from nlp.rare_grams import overlap, weighted_bigrams
from nlp.response_signals import ReadResponse, ReadSentence
from nlp.results import Span
from nlp.text import split_sentences

MAX_ASKS = 12
_ASK = re.compile(
    r"[？?]|请问|咨询一下|想(?:问|咨询|了解|知道)|是否|能否|可否|能不能|可不可以|是不是|有没有|会不会|如何|怎么|怎样|"
    r"什么时候|何时|多久|多少|哪里|哪个|哪些|为什么|为何|凭什么|几时|吗[。！!，,\s]|呢[。！!，,\s]|"
    r"希望|请求|恳请|恳求|要求|建议|呼吁|强烈|盼|但愿|务必|望[^，。]{0,10}(?:解决|处理|重视|回复|关注|领导|部门|政府)|"
    r"请(?:有关|领导|相关|政府|上级|各级|书记|市长|县长|贵|你们|求|尽快|给予|帮|查|核实|督促|协调|责令|落实|管|重视|出面|处理|解决)|"
    r"(?:应该|应当|必须|需要)[^，。]{0,16}(?:处理|解决|整改|整治|查处|改造|修|建|赔偿|公开|退还|停止)"
)
_COURTESY = re.compile(
    r"^[\s，。！!]*(?:谢谢|感谢|此致|敬礼|您好|你好|尊敬的|(?:希望|盼|望|请|恳请)(?:[\u4e00-\u9fa5]{0,8})(?:回复|答复|批复|重视|关注)|盼复)[^，。]{0,8}[。！!\s]*$"
)
_ORDINAL = re.compile(
    r"^\s*[（(]?(?:第|其)?([0-9]{1,2}|[一二三四五六七八九十]{1,3}|[①-⑨])(?:[)）]|[、.．]|是|[,，:：]|个问题)"
)
_CHINESE_DIGITS = {c: n for n, c in enumerate("一二三四五六七八九十", 1)}
_GENERIC = re.compile(
    r"请问|咨询|希望|请求|恳请|要求|建议|呼吁|强烈|领导|政府|有关部门|相关部门|尊敬的|谢谢|您好|你好|问题|反映|解决"
)
# What kind of sentence answers what kind of ask.
_KINDS = (
    (r"什么时候|何时|几时|多久|时间|进度", ("deadline", "date")),
    (r"如何|怎么|怎样|手续|材料|流程|哪里|咨询", ("how_to", "legal", "verdict")),
    (
        r"是否|能否|可否|能不能|可不可以|是不是|有没有|会不会|吗",
        ("verdict", "refuse", "legal", "measure_planned", "measure_done"),
    ),
    (r"多少|标准|比例|金额", ("quantity", "legal")),
    (r"为什么|为何|凭什么|原因", ("finding", "legal")),
    (
        r"希望|请求|恳请|要求|建议|呼吁|解决|处理|整改|查处|尽快|重视|请",
        ("measure_done", "measure_ongoing", "measure_planned"),
    ),
)
_KIND_BONUS = 0.1
# Bonus and thresholds rank 750 judged replies best by `completeness` among those tried (Spearman .52, .47 without the
# bonus); the mean of yes = 1, partly = .5 is then .55, the judged completeness .65.
ANSWERED_YES = 0.18
ANSWERED_PARTLY = 0.06
_MIN_ASK = 4


@dataclass(frozen=True, slots=True)
class AskAlignment:
    """One ask (span of the message) with its answer: yes, partly or no; `by` is a span of the reply; score 0..1."""

    ask: Span
    answered: str
    by: Span | None
    score: float


def split_asks(text: str) -> tuple[Span, ...]:
    """Return the asks of a message (`title + line feed + text`), in order, at most `MAX_ASKS`.

    Without any question or demand the title stands for the ask, without a title the longest sentence.
    """
    sentences = [s for s in split_sentences(text) if len(s.text.strip()) >= _MIN_ASK]
    if not sentences:
        return ()
    title_end = text.find("\n")
    body = [s for s in sentences if s.start > title_end]
    found = [s for s in body if _ASK.search(s.text) and not _COURTESY.match(s.text)]
    title = [s for s in sentences if s.start < title_end]
    if not found:
        found = title[:1] or [max(body or sentences, key=lambda s: len(s.text))]
    return tuple(_distinct(found))[:MAX_ASKS]


def align_asks(asks: Sequence[Span], reply: ReadResponse, *, vocabulary: NgramVocabulary) -> tuple[AskAlignment, ...]:
    """Say for each ask whether the reply answers it and by which sentence. Only substance answers."""
    sentences = reply.substance
    keys = [_weighted_keys(s.span.text, vocabulary) for s in sentences]
    return tuple(_align(ask, sentences, keys, vocabulary) for ask in asks)


def _weighted_keys(text: str, vocabulary: NgramVocabulary) -> tuple[np.ndarray, np.ndarray]:
    return weighted_bigrams(_GENERIC.sub(" ", text), vocabulary)


def _align(
    ask: Span,
    sentences: Sequence[ReadSentence],
    keys: Sequence[tuple[np.ndarray, np.ndarray]],
    vocabulary: NgramVocabulary,
) -> AskAlignment:
    if not sentences:
        return AskAlignment(ask, "no", None, 0.0)
    wanted, number = _weighted_keys(ask.text, vocabulary), _ordinal(ask.text)
    kinds = {name for pattern, names in _KINDS if re.search(pattern, ask.text) for name in names}
    bonus = np.array([_KIND_BONUS * s.has(*kinds) for s in sentences])
    scores = np.array([overlap(wanted, k[0]) for k in keys]) + bonus
    if number is not None:
        scores += np.array([ANSWERED_YES if _ordinal(s.span.text) == number else 0.0 for s in sentences])
    best = int(np.argmax(scores))
    together = overlap(wanted, np.unique(np.concatenate([k[0] for k in keys]))) + float(bonus.max())
    score = min(1.0, max(float(scores[best]), together))
    answered = "yes" if score >= ANSWERED_YES else "partly" if score >= ANSWERED_PARTLY else "no"
    return AskAlignment(ask, answered, sentences[best].span if answered != "no" else None, score)


def _ordinal(text: str) -> int | None:
    match = _ORDINAL.match(text)
    if match is None:
        return None
    value = match[1]
    if value.isdigit():
        return int(value) if value.isascii() else ord(value) - ord("①") + 1
    return _CHINESE_DIGITS.get(value)


def _distinct(spans: Sequence[Span]) -> list[Span]:
    seen: set[str] = set()
    kept = []
    for span in spans:
        key = re.sub(r"\W", "", span.text)
        if key and key not in seen:
            seen.add(key)
            kept.append(span)
    return kept
