"""Which stretches of a text are marked, and what a reader is told of each."""

from __future__ import annotations

from collections.abc import Mapping

from nlp.results import PostReview, ReplyReview, Triage
from serving.page.marks import Mark
from serving.wording import name_of


def request_marks(triage: Triage) -> list[Mark]:
    """Mark evidence and places; offsets are of title, line feed, text."""
    needs = [Mark(e.start, e.end, f"need-{e.label}", f"依据：{name_of(e.label, 'need')}") for e in triage.evidence]
    return [*needs, *(Mark(p.start, p.end, "place", "地点") for p in triage.places)]


def reply_marks(review: ReplyReview) -> list[Mark]:
    """Mark evidence of the dimensions and promises; offsets are of the reply."""
    doubts = ("evasion", "downplay")
    marks = [
        Mark(e.start, e.end, "doubt" if e.dimension in doubts else "proof", name_of(e.dimension, "dimension"))
        for e in review.evidence
    ]
    return [*marks, *(Mark(c.start, c.end, "promise", "承诺") for c in review.commitments)]


def post_marks(review: PostReview, titles: Mapping[str, str]) -> list[Mark]:
    """Mark the passages that answer an issue, and promises; offsets are of title, line feed, body."""
    answers = [
        Mark(span.start, span.end, "proof", f"回应：{titles.get(address.issue, address.issue)}")
        for address in review.addresses
        for span in address.evidence
    ]
    return [*answers, *(Mark(c.start, c.end, "promise", "承诺") for c in review.commitments)]
