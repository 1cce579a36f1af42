"""Chat logs of residents' groups become requests: ONE REQUEST PER RESIDENT AND MATTER.

Issues count distinct residents, so several people in one matter are several requests, and each holds only what its
resident wrote. A resident has a request where a message of his brings a fact, a place or a demand; a bare "+1" is
none but counts as approval (`likes`) of the matter's first request. A request that speaks only by what it answers
("7栋也是") begins with a quotation of the matter's first message, so that grouping can bring the two together.
Answers of staff become `reply` (all that staff said in the matter after the request began), `reply_time` (the last of
them: nothing is answered before it is said) and `unit`. Every other message is in `skipped` with a reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from nlp.chats.format import CHAT, ChatMessage, chat_from_rows, chat_group, is_chat, read_chat
from nlp.chats.people import HomeWords, Nicknames, is_staff, mask_people, office_of, take_apart, without_calls
from nlp.chats.records import ChatReading, ChatRequest, MessageIds, iso_time, quote_context
from nlp.chats.relay import Relay, read_relay
from nlp.chats.threads import (
    JOIN,
    MERGE_MINUTES,
    STAFF_MINUTES,
    TIED,
    Case,
    Matter,
    Threads,
    Utterance,
    shared_words,
)
from nlp.chats.words import (
    adds_to_a_matter,
    agrees,
    bare_words,
    content_length,
    idle_reason,
    is_joke,
    is_notice,
    is_receipt,
    is_trade,
    opens_a_matter,
    shows_something,
    subjects_of,
)

__all__ = [
    "CHAT",
    "ChatMessage",
    "ChatReading",
    "ChatRequest",
    "chat_from_rows",
    "chat_group",
    "chat_requests",
    "is_chat",
    "read_chat",
]

# Below this many content characters a request needs the message it answers to be understood.
SPEAKS_ALONE, SPEAKS_FOR_SURE = 12, 20
PICTURE_MINUTES = 10.0
_SMALL_TALK = "闲聊,不是诉求"
_AGREEMENT = "附和,已计入赞同人数"
_MEDIA_ONLY = "只有图片、语音、表情或符号"


def chat_requests(messages: Iterable[ChatMessage], *, group: str) -> ChatReading:
    """Find the requests in the messages of one group, and say of every other message why it is none.

    group: name of the group; it enters ids and `user`, so give the same for each export of one group
    """
    held = tuple(messages)
    reader = _Reader(group, Nicknames(frozenset(m.sender for m in held if m.sender)))
    for index, message in enumerate(held):
        reader.take(index, message)
    return reader.reading()


@dataclass(slots=True)
class _Reader:
    """Goes through a log once; `held` keeps each person's last words that were nothing alone."""

    group: str
    known: Nicknames
    threads: Threads = field(default_factory=Threads)
    skipped: dict[int, str] = field(default_factory=dict)
    held: dict[str, Utterance] = field(default_factory=dict)
    relays: dict[str, Matter] = field(default_factory=dict)
    entries: dict[str, set[str]] = field(default_factory=dict)
    shown: dict[int, str] = field(default_factory=dict)
    homes: HomeWords = field(init=False)
    ids: MessageIds = field(init=False)
    minute: float = 0.0
    start: float | None = None

    def __post_init__(self) -> None:
        self.ids = MessageIds("wx-", self.group)
        self.homes = HomeWords.of(self.group)

    def take(self, index: int, message: ChatMessage) -> None:
        if not message.sender:
            self.skipped[message.line] = "系统提示"
            return
        said = self._utterance(index, message)
        relay = read_relay(said.spoken.own)
        if is_staff(said.sender):
            self._take_staff(said)
        elif relay is not None:
            self._take_relay(said, relay)
        else:
            self._take_resident(said)

    def reading(self) -> ChatReading:
        found = [self._request(m, case) for m in self.threads.matters for case in m.cases.values()]
        found.sort(key=lambda r: r.line)
        return ChatReading(tuple(found), tuple(sorted(self.skipped.items())))

    def _utterance(self, index: int, message: ChatMessage) -> Utterance:
        spoken = take_apart(message.text, self.known)
        plain = bare_words(without_calls(spoken.own, self.known))
        own_id = self.ids.id_of(message.sender, spoken.own, time=message.time)
        minute = self._clock(message)
        self.homes.see(message.sender)
        pairs = self.homes.strip(plain)
        return Utterance(index, message.line, message.time, minute, message.sender, spoken, plain, own_id, pairs)

    def _clock(self, message: ChatMessage) -> float:
        """Minutes since the log began; a message without a time comes a minute after the one before it."""
        if message.time is None:
            self.minute += 1
            return self.minute
        now = message.time.timestamp() / 60
        if self.start is None:
            self.start = now - self.minute
        self.minute = max(self.minute, now - self.start)
        return self.minute

    def _take_resident(self, said: Utterance) -> None:
        reason = idle_reason(said.plain or said.spoken.own)
        if reason == _MEDIA_ONLY and shows_something(said.spoken.own) and self._illustrates(said):
            return
        if reason is not None and not (said.spoken.quoted_text and opens_a_matter(said.plain)):
            self._skip(said, reason)
        elif agrees(said.plain):
            self._agree(said)
        else:
            self._place(said)

    def _place(self, said: Utterance) -> None:
        """Let a message join a matter, open one, wait for the rest of its thought, or be small talk."""
        before = self._unfinished(said)
        calls = any(is_staff(name) for name in said.spoken.called)
        opens = opens_a_matter(said.plain, calls_office=calls) or (
            before is not None and opens_a_matter(f"{before.plain}{said.plain}")
        )
        matter, score = self.threads.best(said, opens=opens)
        if matter is None or score < JOIN:
            matter = self.threads.open() if opens else None
        elif not (opens or self._belongs(matter, said)):
            matter = None
        if matter is None:
            self.held[said.sender] = said
            self._skip(said, _SMALL_TALK)
            return
        if before is not None:
            del self.skipped[before.line]
            matter.add(before)
        self.held.pop(said.sender, None)
        matter.add(said)
        self.threads.note(said, matter)

    def _unfinished(self, said: Utterance) -> Utterance | None:
        before = self.held.get(said.sender)
        if before is None or said.minute - before.minute > MERGE_MINUTES or not adds_to_a_matter(before.plain):
            return None
        return before

    def _belongs(self, matter: Matter, said: Utterance) -> bool:
        return not is_joke(said.spoken.own) and (adds_to_a_matter(said.plain) or self._goes_on(matter, said))

    @staticmethod
    def _goes_on(matter: Matter, said: Utterance) -> bool:
        """A short message right after one's own words in the matter is their end ("谁来赔")."""
        mine = matter.cases.get(said.sender)
        return mine is not None and said.minute - mine.said[-1].minute <= 2 * MERGE_MINUTES

    def _illustrates(self, said: Utterance) -> bool:
        for minute, matter, _ in self.threads.trail[:-4:-1]:
            case = matter.cases.get(said.sender) if matter else None
            if matter and case and said.minute - minute <= PICTURE_MINUTES:
                case.lines.append(said.line)
                self.threads.touch(said, matter)
                return True
        return False

    def _agree(self, said: Utterance) -> None:
        matter = self.threads.agreed_with(said)
        if matter is None:
            self._skip(said, _SMALL_TALK)
            return
        matter.agreed.add(said.sender)
        self.threads.touch(said, matter)
        self.skipped[said.line] = _AGREEMENT

    def _take_staff(self, said: Utterance) -> None:
        if is_receipt(said.plain):
            self.skipped[said.line] = "工作人员只表示收到,没有答复"
            return
        matter, score = self.threads.best(said, opens=False, near=STAFF_MINUTES)
        if matter is None or score < JOIN or self._is_notice(matter, said):
            self.skipped[said.line] = "工作人员通知,不是诉求"
            return
        matter.answer(said)
        self.threads.note(said, matter)

    @staticmethod
    def _is_notice(matter: Matter, said: Utterance) -> bool:
        called = bool(said.spoken.quoted_text or said.spoken.called)
        return is_notice(said.plain) and not called and shared_words(matter, said, opens=False) < TIED

    def _take_relay(self, said: Utterance, relay: Relay) -> None:
        """The starter of a 接龙 has a request; who adds a line agrees, or has his own where the line tells a fact."""
        matter = self.relays.get(relay.heading)
        if matter is None and not opens_a_matter("\n".join((relay.heading, *relay.entries))):
            self._skip(said, "接龙报名或买卖,不是诉求", trade=True)
            return
        seen = self.entries.setdefault(relay.heading, set())
        added = [entry for entry in relay.entries if entry not in seen]
        seen.update(relay.entries)
        if matter is None:
            matter = self.relays[relay.heading] = self.threads.open()
            matter.add(self._saying(said, relay.heading))
            matter.agreed.update(f"\n{entry}" for entry in added[1:])
        elif any(opens_a_matter(entry) for entry in added):
            matter.add(self._saying(said, "\n".join(added)))
        else:
            matter.agreed.add(said.sender)
            self.skipped[said.line] = _AGREEMENT
        self.threads.note(said, matter)

    def _skip(self, said: Utterance, reason: str, *, trade: bool = False) -> None:
        self.skipped[said.line] = reason
        self.threads.note(said, None, trade=trade or is_trade(said.plain))

    def _request(self, matter: Matter, case: Case) -> ChatRequest:
        is_first = case is next(iter(matter.cases.values()))
        row: dict[str, Any] = {
            "id": case.first.id,
            "time": iso_time(case.first.time),
            "text": self._text(matter, case, is_first=is_first),
            "user": f"{case.first.sender}@{self.group}",
            "matter": matter.number,
        }
        likes = len(matter.agreed - matter.cases.keys())
        if is_first and likes:
            row["likes"] = likes
        answers = [a for a in matter.answers if a.index > case.first.index]
        if answers:
            row["reply"] = "\n".join(self._shown(a) for a in answers)
            row["reply_time"] = iso_time(answers[-1].time)
            row["unit"] = "、".join(dict.fromkeys(office_of(a.sender) for a in answers))
        return ChatRequest(min(case.lines), row, tuple(case.lines), tuple(a.line for a in answers))

    def _text(self, matter: Matter, case: Case, *, is_first: bool) -> str:
        text = "\n".join(self._shown(said) for said in case.said)
        plain = " ".join(said.plain for said in case.said)
        length = content_length(plain)
        if is_first or length >= SPEAKS_FOR_SURE or (length >= SPEAKS_ALONE and subjects_of(plain) & matter.subjects):
            return text
        opening = next(iter(matter.cases.values())).said[0]
        return quote_context(self._shown(opening), text)

    def _shown(self, said: Utterance) -> str:
        """Return own words without names; once for each message, for an answer stands in many requests."""
        if said.index not in self.shown:
            self.shown[said.index] = mask_people(said.spoken.own, self.known)
        return self.shown[said.index]

    def _saying(self, said: Utterance, words: str) -> Utterance:
        spoken = take_apart(words, self.known)
        return replace(said, spoken=spoken, plain=words, pairs=self.homes.strip(words))
