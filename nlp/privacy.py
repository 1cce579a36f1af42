"""Personal data (个人信息): find it, put one placeholder a type in its place, map spans back.

Models read masked text; the spans they return are mapped back to the text that was sent by `MaskedText.original_span`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from itertools import chain

from nlp.doors import find_doors
from nlp.identifiers import find_identifiers, fold_width
from nlp.names import find_names
from nlp.results import MaskEntity

PLACEHOLDERS = {
    "mobile": "〔手机号〕",
    "landline": "〔固定电话〕",
    "id_card": "〔身份证号〕",
    "bank_card": "〔银行卡号〕",
    "passport": "〔护照号〕",
    "permit": "〔证件号〕",
    "plate": "〔车牌号〕",
    "email": "〔邮箱〕",
    "wechat": "〔微信号〕",
    "qq": "〔QQ号〕",
    "name": "〔姓名〕",
    "address": "〔门牌号〕",
}


@dataclass(frozen=True, slots=True)
class MaskedText:
    """A text, its masked form and what was masked.

    entities: spans of `original`, sorted, without overlap
    placeholders: (start, end) of each entity's placeholder in `masked`, in the same order
    """

    original: str
    masked: str
    entities: tuple[MaskEntity, ...]
    placeholders: tuple[tuple[int, int], ...] = field(repr=False)

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Map a span of `masked` to `original`.

        A span that begins or ends inside a placeholder shrinks until it lies outside; placeholders at its edges are
        dropped too, so what comes back never begins or ends with personal data. Returns an empty span (equal ends)
        where nothing remains.
        """
        starts = [a for a, _ in self.placeholders]
        while start < end:
            at = bisect_right(starts, start) - 1
            if at >= 0 and start < self.placeholders[at][1]:
                start = self.placeholders[at][1]
                continue
            at = bisect_left(starts, end) - 1
            if at >= 0 and end <= self.placeholders[at][1]:
                end = self.placeholders[at][0]
                continue
            return self._offset(start), self._offset(end)
        at = bisect_right(starts, start) - 1
        inside = at >= 0 and start < self.placeholders[at][1]
        edge = self.entities[at].end if inside else self._offset(min(start, len(self.masked)))
        return edge, edge

    def covers(self, start: int, end: int) -> bool:
        """Say whether a span of `original` overlaps personal data."""
        at = bisect_left([e.end for e in self.entities], start + 1)
        return at < len(self.entities) and self.entities[at].start < end

    def _offset(self, position: int) -> int:
        """Map a position of `masked` that is not inside a placeholder."""
        at = bisect_right([b for _, b in self.placeholders], position) - 1
        return position if at < 0 else self.entities[at].end + position - self.placeholders[at][1]


def mask(text: str) -> MaskedText:
    """Find personal data in `text` and replace each entity by the placeholder of its type.

    Example:
        mask("我叫周德明，电话13957420816").masked  # '我叫〔姓名〕，电话〔手机号〕'
    """
    entities = find_personal_data(text)
    if not entities:
        return MaskedText(text, text, (), ())
    pieces: list[str] = []
    placeholders: list[tuple[int, int]] = []
    at = length = 0
    for entity in entities:
        label = PLACEHOLDERS[entity.type]
        length += entity.start - at
        placeholders.append((length, length + len(label)))
        pieces += (text[at : entity.start], label)
        at, length = entity.end, length + len(label)
    pieces.append(text[at:])
    return MaskedText(text, "".join(pieces), entities, tuple(placeholders))


def find_personal_data(text: str) -> tuple[MaskEntity, ...]:
    """Return personal data, sorted, without overlap; numbers before door-level addresses before names."""
    folded = fold_width(text)
    taken = bytearray(len(text))
    kept: list[MaskEntity] = []
    for entity in chain(find_identifiers(folded), find_doors(folded), find_names(folded)):
        if not any(taken[entity.start : entity.end]):
            taken[entity.start : entity.end] = b"\x01" * (entity.end - entity.start)
            kept.append(entity)
    return tuple(sorted(kept, key=lambda e: e.start))
