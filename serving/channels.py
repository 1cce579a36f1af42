"""The channel of a request, from what offices write in the column or in the name of a file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# A name that contains one of these words means the channel; the first line that fits wins: the message board of a
# hotline (12345留言板) is a board, the private messages of an account are no board.
CHANNEL_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("account_inbox", ("私信", "公众号留言", "公众号消息", "公众号后台", "后台消息", "account_inbox")),
    ("wechat_group", ("微信群", "群聊", "群消息", "wechat_group")),
    ("board", ("留言板", "领导留言", "网上留言", "board")),
    ("qr_form", ("扫码", "二维码", "码上", "qr_form")),
    ("snap", ("随手拍", "snap")),
    ("grid", ("网格上报", "网格巡查", "网格员上报", "巡查", "grid")),
    ("hotline", ("12345", "热线", "来电", "电话", "hotline")),
    ("petition", ("信访", "来访", "来信", "petition")),
)
# Column names that only the lists of one channel have; "是否信访" is in any.
_OF_PETITIONS = re.compile(r"^(信访(编号|人|事项|内容|时间|日期)|来访(人|时间|日期)|来信(人|时间|日期|内容))")


def channel_of(name: str) -> str | None:
    """Return the code of the channel that a name speaks of; None where it speaks of none.

    Example: channel_of("12345热线工单") == "hotline"
    """
    plain = unicodedata.normalize("NFKC", name).lower()
    for code, words in CHANNEL_WORDS:
        if any(_holds(plain, word) for word in words):
            return code
    return None


def channel_of_columns(headers: Iterable[str]) -> str | None:
    """Return the code of the channel whose lists alone have such columns; None where there is none."""
    return "petition" if any(_OF_PETITIONS.match(str(h).strip()) for h in headers) else None


def plain_channel(value: str) -> str:
    """Return a column's Chinese value as the code it means; any other value stays, it may be a site's own code."""
    return value if value.isascii() else channel_of(value) or value


def _holds(name: str, word: str) -> bool:
    if not word.isascii():
        return word in name
    return re.search(rf"(?<![a-z0-9]){word}(?![a-z0-9])", name) is not None
