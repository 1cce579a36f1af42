"""Steps that stand in one cell, each with its day: "1.2026-11-19 区住建局 退单;2.2026-11-20 改派 石桥街道"."""

from __future__ import annotations

import re

from nlp.records import parse_time
from serving.store.event_words import EVENT_TYPES_SAID, REASSIGNED, is_ignored_step
from serving.store.events import RequestEvent

_TIME = re.compile(
    r"(?<!\d)(?:19|20)\d\d(?:[-/.]\d{1,2}[-/.]\d{1,2}|年\d{1,2}月\d{1,2}日?)(?:[ T]*\d{1,2}:\d\d(?::\d\d)?)?(?!\d)"
)
_BETWEEN = re.compile(r"[\s,，;；、。:：()（）\[\]【】→|/]+|(?<![^\s;；])\d{1,2}[.)）、]")
_OFFICE = re.compile(r"[\u4e00-\u9fff]{2,30}(局|办|委|街道|镇|乡|中心|公司|社区|村|队|所|科|处|院|平台|政府)")
# The longest first: 重新派单 is no 派单.
_WORDS = sorted({*EVENT_TYPES_SAID, *REASSIGNED}, key=len, reverse=True)
NOTHING = ("", "无", "没有", "0", "-", "—", "/")


def read_steps(cell: str) -> list[RequestEvent]:
    """Return the steps of a cell, in its order; a dated entry without a word that is known to be a step gives none.

    The unit is the office beside the word: who receives a dispatch, who did anything else.
    """
    found = []
    times = list(_TIME.finditer(cell))
    for at, match in enumerate(times):
        end = times[at + 1].start() if at + 1 < len(times) else len(cell)
        pieces = [p for p in _BETWEEN.split(cell[match.end() : end]) if p]
        time, place = parse_time(match[0]), next((i for i, p in enumerate(pieces) if _word_of(p)), None)
        if time is None or place is None:
            continue
        word = _word_of(pieces[place])
        kind = EVENT_TYPES_SAID[word]
        rest = pieces[place].replace(word, " ", 1).split()
        offices = [p for p in (*pieces[:place], *rest, *pieces[place + 1 :]) if _OFFICE.fullmatch(p)]
        unit = "" if not offices else offices[-1] if kind == "dispatched" else offices[0]
        found.append(RequestEvent(kind, time, unit, word if word in REASSIGNED else ""))
    return found


def _word_of(piece: str) -> str:
    """Return the word of a step that a piece is, begins or ends with; empty for none, or one that changes nothing."""
    plain = piece.removeprefix("已")
    if is_ignored_step(plain) or len(plain) > 20:
        return ""
    if plain in EVENT_TYPES_SAID:
        return plain
    return next((w for w in _WORDS if len(w) > 1 and (plain.startswith(w) or plain.endswith(w))), "")
