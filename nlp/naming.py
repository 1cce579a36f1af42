"""Names of issues: a title of place and problem, keywords and the most central request, all taken from the requests.

Nothing is written anew: a title is a cleaned title or clause of one request, with the place before it where it is
missing. Only masked text is read, and what holds a placeholder is never used.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import rjieba

from nlp.features import ngram_keys, normalise
from nlp.places import place_key
from nlp.request_places import is_name
from nlp.request_vectors import RequestVectors

MAX_TITLE = 24
MIN_TITLE = 5
MAX_KEYWORDS = 8
_CUT_SHORT = 0.7  # factor of a title that had to end inside a clause
MIN_KEYWORDS = 3
_CENTRAL = 5  # members whose titles and clauses are tried
# A word below this idf is everybody's (领导, 小区, 请问): more than one request in 40.
_KEYWORD_IDF = 4.0
_RARE_ENOUGH = 6.0  # beyond it a word is no better a keyword
_SPEAKERS = frozenset(("话务员", "市民", "来电", "来电人", "记录", "同志", "您好", "请讲", "反映", "此事"))
_PLACEHOLDER = "〔"
_MENTION = "@"  # a nickname follows
_LEAD = re.compile(
    r"^(?:【[^】]*】|话务员|市民|\s|[,，:：、。!！?？]|关于|反映|投诉|举报|咨询|请问|请求|恳请|恳求|建议|希望|盼望|盼|强烈(?:要求|请求|建议|反对)?|要求|"
    r"求助|再次|就|对于|有关|想问|申请|呼吁|一下|质疑|尊敬的领导|领导|您好|你好|来电人?|市民|为何|为什么)+"
)
_TAIL = re.compile(
    r"(?:[\s,，:：、。.!！?？~～…;；]|的?(?:相关)?(?:问题|情况|咨询|建议|投诉|诉求|反映|请求)|怎么办|求解决|请解决|盼解决|望解决|"
    r"如何解决|谁来管|有没有人管)+$"
)
_CLAUSE = re.compile(r"[,，。!！?？;；:：\n\s“”\"()（）【】「」]+")
_QUOTED = re.compile(r"^「[^」\n]*」\n")  # what a chat message answers: another resident's words
_STOP = re.compile(r"[,，。；;：:!！?？\n]")
_WIDE_AREA = re.compile(r"^(?:[A-Z]\d*|[\u4e00-\u9fff]{2,4})(?:省|市)(?=[\u4e00-\u9fffA-Z])")
_ADMINISTRATIVE = re.compile(r"^(?:[A-Z]\d*|[\u4e00-\u9fff]{1,4})(?:省|市|区|县|自治州)$")
_PLACE_END = re.compile(
    r"(?:[园苑城府湾院庭墅寓庄居郡里巷路街道村组镇乡桥站场馆校学厂店所局园池山湖河港口岸塘坪岭冲寨坊弄]|小区|社区|广场|大厦|中心|公司|"
    r"国际|[一二三四五六七八九\d]期|[a-z\d]+[区栋座]|线)$"
)
_WORD = re.compile(r"[\u4e00-\u9fff]{2,8}|[A-Za-z][A-Za-z0-9]{1,11}")


@dataclass(frozen=True, slots=True)
class IssueName:
    """Title (≤ 24 characters), place or None, 3 to 8 keywords (fewer in short texts), row of the representative."""

    title: str
    place: str | None
    keywords: tuple[str, ...]
    representative: int


def name_issue(members: Sequence[int], batch: RequestVectors, *, places: Sequence[Sequence[str]]) -> IssueName:
    """Name the issue of some rows of a batch.

    places: the places named in each row of the batch, best first
    """
    rows = np.asarray(members)
    weights = _issue_weights(rows, batch)
    order = rows[np.argsort(-_centrality(rows, batch), kind="stable")]
    place = choose_place([_said(places[row], batch, row) for row in rows.tolist()])
    title = _choose_title(order[:_CENTRAL].tolist(), batch, weights=weights, place=place)
    return IssueName(title, place, _keywords(rows, batch, place=place), int(order[0]))


def choose_place(places: Sequence[Sequence[str]]) -> str | None:
    """Return the place that most requests name, in the words that most of them use (of equals the shorter).

    The first place of a request counts twice as much as the second, others little. A bare region or building is
    chosen only where nothing else is named.
    """
    votes: Counter[str] = Counter()
    words: dict[str, Counter[str]] = defaultdict(Counter)
    for named in places:
        clean = [p.strip() for p in named if p.strip() and _PLACEHOLDER not in p]
        for position, place in enumerate(dict.fromkeys(place_key(p) for p in clean)):
            votes[place] += max(1, 4 >> position)
        for place in clean:
            words[place_key(place)][place] += 1
    if not votes:
        return None
    key = min(votes, key=lambda k: (not looks_like_place(k), -votes[k], -len(k), k))
    return min(words[key], key=lambda w: (-words[key][w], len(w), w))


def looks_like_place(name: str) -> bool:
    """Say whether a name ends as places do and is more than a region: 云栖里, 青枫路, not 江北区."""
    return is_name(name) and bool(_PLACE_END.search(name)) and not _ADMINISTRATIVE.match(name)


def _said(places: Sequence[str], batch: RequestVectors, row: int) -> list[str]:
    """Keep the places that the masked text holds in one piece: what held a name or number in its middle is gone."""
    text = f"{batch.titles[row]}\n{batch.bodies[row]}"
    return [p for p in places if p in text and not _STOP.search(p)]


def clean_title(text: str) -> str:
    """Take forms of address and filler off a title and cut it to 24 characters where a clause or word ends."""
    short = _TAIL.sub("", _LEAD.sub("", text.strip()))
    if len(short) > MAX_TITLE:
        short = _WIDE_AREA.sub("", short)
    if len(short) <= MAX_TITLE:
        return short
    cut = ""
    for clause in re.split(r"(?=[,，。!！?？;；:：\s])", short):
        if len(cut + clause) > MAX_TITLE:
            break
        cut += clause
    if len(cut) < MIN_TITLE:
        cut = _whole_words(short, MAX_TITLE)
    return _TAIL.sub("", cut)


def _whole_words(text: str, size: int) -> str:
    cut = ""
    for word in rjieba.cut(text):
        if len(cut + word) > size:
            break
        cut += word
    return cut or text[:size]


def _centrality(rows: np.ndarray, batch: RequestVectors) -> np.ndarray:
    own = batch.unit_text[rows]
    centre = np.asarray(own.sum(axis=0)).ravel()
    found: np.ndarray = np.round(own @ centre, 6)
    return found


def _issue_weights(rows: np.ndarray, batch: RequestVectors) -> np.ndarray:
    """Weigh each n-gram by the share of members that hold it and its idf (c-TF-IDF), (n_features,)."""
    share = np.bincount(batch.text[rows].indices, minlength=len(batch.idf)) / len(rows)
    found: np.ndarray = share * np.maximum(0, batch.idf - 2) * batch.is_bigram
    return found


def _choose_title(order: Sequence[int], batch: RequestVectors, *, weights: np.ndarray, place: str | None) -> str:
    texts = [batch.titles[row] for row in order if _usable(batch.titles[row])]
    texts = texts or [c for row in order for c in _CLAUSE.split(_QUOTED.sub("", batch.bodies[row])) if _usable(c)]
    if not texts:
        return (place or "未命名问题")[:MAX_TITLE]
    titles = [_with_place(_usable(t), place) for t in texts]
    whole = [1.0 if _ends_well(t, _usable(t)) else _CUT_SHORT for t in texts]
    scores = [w * _title_score(t, batch, weights) for t, w in zip(titles, whole, strict=True)]
    return titles[int(np.argmax(np.round(scores, 6)))]


def _usable(text: str) -> str:
    short = "" if _PLACEHOLDER in text or _MENTION in text else clean_title(text)
    return short if len(short) >= MIN_TITLE else ""


def _ends_well(text: str, title: str) -> bool:
    """Say whether a title ends where the text or one of its clauses does."""
    rest = text.strip().partition(title)[2]
    return not rest or not rest[0].isalnum() or not _TAIL.sub("", rest)


def _with_place(title: str, place: str | None) -> str:
    if place is None or not looks_like_place(place_key(place)) or place_key(place) in title:
        return title
    if len(place + title) > MAX_TITLE:
        return title
    inner = _WIDE_AREA.sub("", place)
    overlap = len(set(inner)) and len(set(inner) & set(title)) / len(set(inner))
    return title if overlap > 0.7 else place + title


def _title_score(title: str, batch: RequestVectors, weights: np.ndarray) -> float:
    keys, _, _ = ngram_keys(normalise(title), 2)
    columns = batch.columns(np.unique(keys))
    return float(weights[columns].sum() / np.sqrt(8 + len(title)))


def _keywords(rows: np.ndarray, batch: RequestVectors, *, place: str | None) -> tuple[str, ...]:
    """Take words that several members use and few others do; the place comes first."""
    counts: Counter[str] = Counter()
    for row in rows.tolist():
        text = f"{batch.titles[row]}\n{batch.bodies[row]}".split(_PLACEHOLDER)
        plain = " ".join(piece.rpartition("〕")[2] for piece in text)
        counts.update(set(_WORD.findall(" ".join(rjieba.cut(plain)))) - _SPEAKERS)
    rarity = {word: min(batch.word_idf(word), _RARE_ENOUGH) for word in counts}
    scores = {word: count / len(rows) * (rarity[word] - 2) for word, count in counts.items()}
    inside = place or ""
    ranked = [w for w in sorted(scores, key=lambda w: (-scores[w], w)) if w not in inside]
    often = 1 if len(rows) < 3 else max(2, len(rows) // 8)
    telling = [w for w in ranked if rarity[w] >= _KEYWORD_IDF and counts[w] >= often]
    rest = [w for w in ranked if w not in telling]
    chosen = telling if len(telling) >= MIN_KEYWORDS else [*telling, *rest][:MIN_KEYWORDS]
    first = [place] if place else []
    return tuple([*first, *chosen][:MAX_KEYWORDS])
