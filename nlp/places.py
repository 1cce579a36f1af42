"""Places named in a request: the most specific one first, verbatim (A市A5区魅力之城小区, 海曙区中山西路138弄).

Every position of the text gets three scores from the characters around it: a place starts here, ends here, goes on
here. Starts and ends of one sentence make candidates; a second linear model ranks them by these scores, their shape and
where they stand (title first). Weights lie in `data/places.json`, written by `training/places.py`.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from nlp.known_places import join_places
from nlp.results import PlaceMention
from nlp.site import Site
from nlp.text import widen_punctuation

WEIGHTS = Path(__file__).parent / "data" / "places.json"
MAX_PLACES = 5
MAX_LENGTH = 45
# Places stand at the beginning: of 4,926 labelled ones 99.6 % lie in the first 400 characters.
READ_CHARS = 400
# Acceptance of the best candidate below which a text names no place: keeps 99.8 % of the board's places and 95 % of the
# other channels', and drops all places of 54 % and 71 % of the texts that name none (cross-validated).
NAMES_A_PLACE = -1.8
LEAST_LOGIT = -3.0
MAX_N = 3
PAD = "\x02" * MAX_N
_PADDING = np.full(MAX_N, ord(PAD[0]), np.int64)
KEY_BITS = 21
ROLES = ("start", "end", "inside")

_NO_GRAM = np.iinfo(np.int64).max
_SENTENCE_END = re.compile(r"[。！？!?；;\n〔〕]")
_LATIN = re.compile(r"[A-Za-zＡ-Ｚａ-ｚ]")
_DIGIT = re.compile(r"[\d０-９]")
# What `place_key` takes away. 小区, 社区, 超市 and the like are no regions.
_NOISE = re.compile(r"[\s·•・,，、.\-—()（）“”\"'「」《》的]")
_REGION = re.compile(
    r"^(?:西地省|[一-鿿]{2,3}省|[一-鿿]{2,7}自治区)?(?:(?:[a-z]\d{0,2}(?:市区?|区|县市?))+|"
    r"(?:[一-鿿]{2,5}?(?:自治州|(?<![超城菜夜门早])市(?![场民政区委]))|[一-鿿]{2,3}地区)?"
    r"(?:[一-鿿]{1,5}?(?:(?<![小社园景片库校厂街城山矿住苑宅])区|(?<=[东西])城区|县|(?<![校红国锦])旗)(?=[一-鿿a-z0-9]{2}))?)"
)
_TOWN = re.compile(r"^[一-鿿]{2,4}?(?:街道(?!办)|镇|乡)(?=[一-鿿a-z0-9]{2})")
_VICINITY = re.compile(r"(?:附近|旁边?|门口|路段|对面|周边|一带|[内处]|(?<=[区村园校场站])里|楼下|期间|地段|沿线)+$")
_BUILDING = re.compile(
    r"(?:第?(?:[a-z]?\d{1,4}|[a-z]|[一二三四五六七八九十]{1,3})(?:号?[栋幢座]|号楼|单元|楼|层|室|房|号门?))+(?:\d{2,4})?$|〔门牌号〕$"
)
_ESTATE_WORD = re.compile(r"(?<=..)(?:小区|住宅区|安置小区)$")
_NUMERALS = "一二三四五六七八九"
_CHINESE_NUMBER = re.compile(f"([{_NUMERALS}])(?=[期号])")
_CLASSES = {
    "region": "省市区县州旗盟",
    "road": "路街道巷弄线桥口段口处侧旁边",
    "estate": "园苑府城湾院庭墅邸寓庄居郡里",
    "village": "村组镇乡社队屯寨冲坪塘",
    "building": "栋幢号楼层室元门座0房期",
    "facility": "校学院店场厂站所局馆心司团行地",
    "punctuation": '，,、：:（）() “”"《》',
    "particle": "的了是在和与及",
}
CLASS_NAMES = tuple(_CLASSES)
_COUNTED = ("region", "punctuation", "particle")
FEATURES = (
    "bias", "start", "end", "inside", "weak", "length", "long", "title", "sentence", "position",
    "region_only", "regions",
    *(f"last_{name}" for name in CLASS_NAMES), *(f"has_{name}" for name in _COUNTED), "again", "rank",
)  # fmt: skip


@dataclass(frozen=True)
class Candidates:
    """Spans of one text with what the ranking looks at.

    start, end: (n,) positions in the text
    features: (n, len(FEATURES)) float32
    """

    start: np.ndarray
    end: np.ndarray
    features: np.ndarray


@dataclass(frozen=True)
class PlaceModel:
    """Weights of n-grams around a position, and of candidate features.

    keys: for n = 1..3 the sorted n-gram keys (code points side by side, 21 bits each), and one that matches nothing
    weights: for n = 1..3 (3 roles, n + 1 offsets, n_keys) float32; offset o is an n-gram that begins o - n before it
    bias: (3,) of start, end, inside
    ranking: (len(FEATURES),) orders the candidates of one text
    acceptance: (len(FEATURES),) log-odds that a candidate is a place at all
    """

    keys: tuple[np.ndarray, ...]
    weights: tuple[np.ndarray, ...]
    bias: np.ndarray
    ranking: np.ndarray
    acceptance: np.ndarray

    @classmethod
    @cache
    def bundled(cls) -> PlaceModel:
        return cls.from_json(json.loads(WEIGHTS.read_text("utf-8")))

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> PlaceModel:
        """Read `{"bias", "ranking", "acceptance", "ngrams": {text: [weights in tenths, role by role]}}`."""
        keys, weights = [], []
        for n in range(1, MAX_N + 1):
            rows = sorted((_key(g), w) for g, w in raw["ngrams"].items() if len(g) == n)
            nothing = [0] * len(ROLES) * (n + 1)
            keys.append(np.array([*(k for k, _ in rows), _NO_GRAM], np.int64))
            table = np.array([*(w for _, w in rows), nothing], np.float32).reshape(-1, len(ROLES), n + 1)
            weights.append(np.ascontiguousarray(table.transpose(1, 2, 0)) / 10)
        linear = [np.array([raw[part][name] for name in FEATURES], np.float32) for part in ("ranking", "acceptance")]
        return cls(tuple(keys), tuple(weights), np.array(raw["bias"], np.float32), *linear)

    def position_scores(self, points: np.ndarray) -> np.ndarray:
        """Return (3, n + 1) log-odds that a place starts, ends or goes on at each position of n code points."""
        size = len(points) + 1
        padded = np.concatenate([_PADDING, points, _PADDING])
        scores = np.repeat(self.bias[:, None], size, axis=1)
        grams = padded
        for n in range(1, MAX_N + 1):
            if n > 1:
                grams = grams[:-1] << KEY_BITS | padded[n - 1 :]
            table = self.keys[n - 1]
            at = np.searchsorted(table[:-1], grams)
            at[table[at] != grams] = len(table) - 1
            values = self.weights[n - 1].take(at, axis=2)
            for offset in range(n + 1):
                first = MAX_N - n + offset
                scores += values[:, offset, first : first + size]
        return scores

    def candidates(self, text: str, *, threshold: float = -5.0, most: int = 12) -> Candidates:
        """Pair likely starts and ends of each sentence; `most` of either kind per text."""
        shape = normal_form(text[:READ_CHARS])
        points = _code_points(shape)
        scores = self.position_scores(points)
        han, wordy = _CLASS_TABLE[-2:, np.minimum(points, 0xFFFF)]
        starts = _likely(np.where(wordy, scores[0, :-1], -np.inf), threshold, most)
        ends = _likely(np.where(wordy, scores[1, 1:], -np.inf), threshold, most) + 1
        breaks = np.array([m.start() for m in _SENTENCE_END.finditer(shape)] + [len(shape)], np.int64)
        first, last = np.repeat(starts, len(ends)), np.tile(ends, len(starts))
        sentence = np.searchsorted(breaks, first, side="right")
        fits = (last > first) & (last - first <= MAX_LENGTH) & (last <= breaks[np.minimum(sentence, len(breaks) - 1)])
        counted = _running(han)
        fits &= counted[last] > counted[first]
        first, last, sentence = first[fits], last[fits], sentence[fits]
        return Candidates(first, last, _features(shape, points, scores, spans=(first, last, sentence)))


def find_places(text: str, *, site: Site | None = None, within: str | None = None) -> tuple[PlaceMention, ...]:
    """Return at most five places of `title + "\\n" + text` (masked), the most specific and likely first.

    Spans are exact slices. `site` fills `area` from its area table and gazetteer, and its names are places whatever the
    model says; `within` is the code of the request's own area: places in it come first, and it decides what an
    ambiguous name means.
    """
    spans = choose_places(PlaceModel.bundled(), text)
    names = [n for n in site.names_in(text[:READ_CHARS]) if n.is_place] if site else []
    spans = join_places(text, spans, names=[(n.start, n.end) for n in names], most=MAX_PLACES)
    found = [_mention(text, start, end, site=site, within=within) for start, end in spans]
    if site and within:
        found.sort(key=lambda place: within not in site.ancestors(place.area))
    return tuple(found)


def choose_places(model: PlaceModel, text: str) -> list[tuple[int, int]]:
    """Return the spans of the likeliest places, best first; no two overlap."""
    found = model.candidates(text)
    if not len(found.start):
        return []
    acceptance = found.features @ model.acceptance
    if acceptance.max() < NAMES_A_PLACE:
        return []
    scores = np.where(acceptance >= LEAST_LOGIT, found.features @ model.ranking, -np.inf)
    chosen: list[tuple[int, int]] = []
    for at in np.argsort(-scores, kind="stable").tolist():
        if scores[at] == -np.inf or len(chosen) == MAX_PLACES:
            break
        start, end = int(found.start[at]), int(found.end[at])
        if all(end <= first or last <= start for first, last in chosen):
            chosen.append((start, end))
    return chosen


def place_key(name: str) -> str:
    """Return a form under which mentions of one place compare equal.

    Provinces, cities, districts and towns before the name go, so do building numbers, words like 附近 and a closing
    小区; 社区, 路, 村 and the like stay, for they tell different places apart. A bare region is its own key.

    Example:
        place_key("A市A5区魅力之城小区3栋")  # '魅力之城'
    """
    folded = _NOISE.sub("", unicodedata.normalize("NFKC", name)).lower()
    bare = _REGION.sub("", folded)
    if not bare:
        return folded
    key = bare
    for pattern in (_TOWN, _VICINITY, _BUILDING, _VICINITY, _ESTATE_WORD):
        key = pattern.sub("", key) or key
    return _CHINESE_NUMBER.sub(lambda m: str(_NUMERALS.index(m[1]) + 1), key)


def normal_form(text: str) -> str:
    """Fold to what the model reads: letters to A, digits to 0, full-width punctuation; the length stays the same."""
    return _DIGIT.sub("0", _LATIN.sub("A", widen_punctuation(text))).replace("\u3000", " ")


def _mention(text: str, start: int, end: int, *, site: Site | None, within: str | None) -> PlaceMention:
    name = text[start:end]
    return PlaceMention(name, start, end, site.area_of(name, within=within) if site else None)


def _key(gram: str) -> int:
    key = 0
    for character in gram:
        key = key << KEY_BITS | ord(character)
    return key


def _code_points(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)


def _running(values: np.ndarray) -> np.ndarray:
    """Sum of all values before each position, (n + 1,)."""
    sums = np.zeros(len(values) + 1, np.float32 if values.dtype == np.float32 else np.int32)
    np.cumsum(values, out=sums[1:])
    return sums


def _likely(scores: np.ndarray, threshold: float, most: int) -> np.ndarray:
    at = np.flatnonzero(scores > threshold)
    if len(at) > most:
        at = np.sort(at[np.argsort(-scores[at], kind="stable")[:most]])
    return at


def _class_table() -> np.ndarray:
    """Which code points belong to each class; the last two rows are Chinese characters, and what may begin or end."""
    table = np.zeros((len(_CLASSES) + 2, 0x10000), bool)
    for row, characters in enumerate(_CLASSES.values()):
        table[row, [ord(c) for c in characters]] = True
    table[-2, 0x3400:0xA000] = True
    table[-2, 0xFFFF] = True  # stands for the planes above
    table[-1] = table[-2]
    table[-1, [ord(c) for c in "A0）)"]] = True
    return table


_CLASS_TABLE = _class_table()


def _features(
    shape: str, points: np.ndarray, scores: np.ndarray, *, spans: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> np.ndarray:
    first, last, sentence = spans
    clipped = np.minimum(points, 0xFFFF)
    length = last - first
    inside, weak = _running(scores[2, :-1]), _running(scores[2, :-1] < -1)
    counts = [_running(_CLASS_TABLE[CLASS_NAMES.index(name), clipped]) for name in _COUNTED]
    held = [count[last] - count[first] for count in counts]
    last_class = _CLASS_TABLE[: len(CLASS_NAMES), clipped[last - 1]]
    kinds = len(CLASS_NAMES)
    table = np.empty((len(first), len(FEATURES)), np.float32)
    table[:, 0] = 1
    table[:, 1] = scores[0, first]
    table[:, 2] = scores[1, last]
    table[:, 3] = (inside[last] - inside[first]) / length
    table[:, 4] = weak[last] - weak[first]
    table[:, 5] = np.log(length)
    table[:, 6] = length > 20
    table[:, 7] = first < shape.find("\n")
    table[:, 8] = np.minimum(sentence, 6)
    table[:, 9] = np.minimum(first, 300) / 100
    table[:, 10] = last_class[0] & (length <= 3 * held[0] + 1)
    table[:, 11] = np.minimum(held[0], 4)
    table[:, 12 : 12 + kinds] = last_class.T
    table[:, 12 + kinds : -2] = np.minimum(held, 3).T
    table[:, -2] = _repeats(shape, first, last)
    table[:, -1] = _below_best(table[:, 1] + table[:, 2])
    return table


def _repeats(shape: str, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    return np.array([min(shape.count(shape[a:b]), 3) - 1 for a, b in zip(first.tolist(), last.tolist(), strict=True)])


def _below_best(scores: np.ndarray) -> np.ndarray:
    return scores - scores.max() if len(scores) else scores
