"""Choose and order what a week's digest says. Pure and deterministic; every statement carries the ids it rests on.

A score is never a verdict: evasion and playing-down are "疑似" until a person confirms them, and accounts are listed
by name, not ranked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

from nlp.digest_facts import LABEL_CHARS, URGENT, is_overdue, is_settled, is_urgent, label_request, suspicions
from nlp.digest_issues import choose_issues
from nlp.digest_replies import count_replies, is_good, is_weak, judge_replies, worst_first
from nlp.digest_statements import choose_next_steps, write_headline, write_life
from nlp.digest_values import (
    Digest,
    DigestPost,
    DuePromise,
    LifeFigures,
    NamedAccount,
    PostFigures,
    Tally,
    Totals,
    UrgentItem,
    WeekFacts,
)
from nlp.records import CHINA
from nlp.results import (
    NEEDS,
    AnalysedRequest,
    Commitment,
    PostAddress,
    ReviewedPost,
)

MAX_URGENT, MAX_REPLIES, MAX_GAPS, MAX_TOPICS, MAX_PROMISES, MAX_POSTS = 8, 4, 6, 6, 6, 6
PROMISE_AHEAD = timedelta(days=7)


def build_digest(facts: WeekFacts, *, account_names: Mapping[str, str] | None = None) -> Digest:
    """Build the digest of a week. `account_names` gives the name of an account's id; without it the id stands.

    A week without requests gives empty sections and says so; replies, posts and gaps still stand in it.
    """
    names = account_names or {}
    replies = [r for r in facts.replies if r.reply_time is None or facts.start <= r.reply_time < facts.end]
    posts = [p for p in facts.posts if p.post.published is None or facts.start <= p.post.published < facts.end]
    urgent = _urgent_items(facts)
    issues = choose_issues(facts)
    waiting = tuple(g for g in facts.gaps.gaps if g.state != "answered")
    judged = judge_replies(replies, asked=(*facts.requests, *facts.answered))
    weak = [r for r in judged if is_weak(r)]
    good = [r for r in judged if is_good(r)]
    totals = _totals(facts)
    promises = _due_promises(facts)
    return Digest(
        week=facts.week,
        start=facts.start,
        end=facts.end,
        now=facts.now,
        demo=facts.demo,
        headline=write_headline(facts, totals, hottest=issues.hottest),
        totals=totals,
        channels=_tallies([r.request.channel for r in facts.requests], of=len(facts.requests)),
        needs=_need_tallies(facts.requests),
        topics=_tallies([r.triage.topic for r in facts.requests], of=len(facts.requests))[:MAX_TOPICS],
        next_steps=choose_next_steps(facts, waiting=waiting, weak=weak, rising=issues.rising, promises=promises),
        urgent=urgent[:MAX_URGENT],
        urgent_more=max(0, len(urgent) - MAX_URGENT),
        issues=issues.hottest,
        issue_total=issues.total,
        rising=issues.rising,
        replies=count_replies(len(replies), judged),
        answered_well=tuple(sorted(good, key=lambda r: (-r.score, r.reply))[:MAX_REPLIES]),
        answer_again=tuple(sorted(weak, key=worst_first)[:MAX_REPLIES]),
        gaps=waiting[:MAX_GAPS],
        gap_total=len(waiting),
        promises=promises[:MAX_PROMISES],
        posts=_post_figures(posts, facts.gaps.unasked_posts),
        answering_posts=_answering_posts(facts, posts, names),
        accounts=tuple(
            sorted((NamedAccount(names.get(a.account, a.account), a) for a in facts.accounts), key=lambda a: a.name)
        ),
        life=_life(facts),
    )


def _totals(facts: WeekFacts) -> Totals:
    requests, previous = facts.requests, facts.previous_week_total
    distinct = [r for r in requests if r.duplicate_of is None]
    urgent = [r for r in distinct if is_urgent(r)]
    return Totals(
        requests=len(requests),
        previous=previous,
        change=(len(requests) - previous) / previous if previous else None,
        duplicates=len(requests) - len(distinct),
        unsettled=sum(not is_settled(r) for r in distinct),
        review=sum(r.triage.review for r in requests),
        urgent=len(urgent),
        urgent_unsettled=sum(not is_settled(r) for r in urgent),
        overdue=sum(is_overdue(r, facts) for r in urgent),
    )


def _life(facts: WeekFacts) -> LifeFigures:
    life = facts.life
    return LifeFigures(
        overdue=len(life.overdue),
        untracked=life.untracked,
        returned=len(life.returned),
        unsolved=len(life.unsolved),
        came_back=life.came_back,
        statement=write_life(life),
    )


def _tallies(values: Sequence[str], *, of: int) -> tuple[Tally, ...]:
    ranked = sorted(Counter(values).items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(Tally(value, count, count / of) for value, count in ranked)


def _need_tallies(requests: Sequence[AnalysedRequest]) -> tuple[Tally, ...]:
    counts = {need: sum(_has_need(r, need) for r in requests) for need in NEEDS}
    return tuple(Tally(need, n, n / len(requests) if requests else 0.0) for need, n in counts.items())


def _has_need(request: AnalysedRequest, need: str) -> bool:
    return request.triage.urgency >= URGENT if need == "ji" else need in request.triage.labels


def _urgent_items(facts: WeekFacts) -> tuple[UrgentItem, ...]:
    """Urgent requests, those of one issue together: unsettled first, then by due time, then by urgency."""
    groups: dict[str, list[AnalysedRequest]] = {}
    for request in facts.requests:
        if is_urgent(request):
            groups.setdefault(request.issue or request.request.id, []).append(request)
    titles = {i.issue: i.title for i in facts.issues}
    items = [_urgent_item(sorted(group, key=_most_pressing), facts, titles=titles) for group in groups.values()]
    return tuple(sorted(items, key=lambda i: (i.settled, *_by_due(i.due), -i.urgency, i.request)))


def _urgent_item(group: Sequence[AnalysedRequest], facts: WeekFacts, *, titles: Mapping[str, str]) -> UrgentItem:
    first = group[0]
    places = first.triage.places
    return UrgentItem(
        request=first.request.id,
        label=label_request(first.request),
        issue=first.issue,
        issue_title=titles.get(first.issue or ""),
        urgency=max(r.triage.urgency for r in group),
        due=first.triage.due,
        overdue=is_overdue(first, facts),
        status=first.status,
        settled=is_settled(first),
        handoff=first.triage.handoff,
        place=places[0].text if places else None,
        time=first.request.time,
        channel=first.request.channel,
        requests=tuple(r.request.id for r in group),
    )


def _most_pressing(request: AnalysedRequest) -> tuple[object, ...]:
    return (is_settled(request), *_by_due(request.triage.due), -request.triage.urgency, request.request.id)


def _by_due(due: object) -> tuple[object, ...]:
    return (due is None, due or 0)


def _due_promises(facts: WeekFacts) -> tuple[DuePromise, ...]:
    """Promises that fall due from the week's Monday until seven days after it, earliest first."""
    first, last = facts.start.astimezone(CHINA).date(), (facts.end + PROMISE_AHEAD).astimezone(CHINA).date()
    today = facts.now.astimezone(CHINA).date()
    found: list[DuePromise] = []

    def add(commitments: Sequence[Commitment], **source: str) -> None:
        for c in commitments:
            if c.due is not None and first <= c.due < last:
                found.append(DuePromise(c.what, c.who, c.due, c.due < today, **source))

    for reply in facts.replies:
        add(reply.review.commitments, reply=reply.id, request=reply.request, title=reply.unit or "")
    for post in facts.posts:
        add(post.review.commitments, post=post.post.id, title=post.post.title)
    return tuple(sorted(found, key=lambda p: (p.due, p.reply or "", p.post or "", p.what)))


def _post_figures(posts: Sequence[ReviewedPost], unasked: Sequence[str]) -> PostFigures:
    ours = {p.post.id for p in posts}
    return PostFigures(
        total=len(posts),
        answering=sum(bool(p.review.addresses) for p in posts),
        unasked=tuple(i for i in unasked if i in ours),
        genres=_tallies([p.review.genre for p in posts], of=len(posts)),
    )


def _answering_posts(
    facts: WeekFacts, posts: Sequence[ReviewedPost], names: Mapping[str, str]
) -> tuple[DigestPost, ...]:
    titles = {i.issue: i.title for i in facts.issues}
    heat = {i.issue: i.heat for i in facts.issues}
    pairs = [(p, a) for p in posts for a in p.review.addresses if a.issue in titles]
    pairs.sort(key=lambda pair: (-heat[pair[1].issue], pair[0].post.id, pair[1].issue))
    return tuple(_digest_post(p, a, title=titles[a.issue], names=names) for p, a in pairs[:MAX_POSTS])


def _digest_post(post: ReviewedPost, address: PostAddress, *, title: str, names: Mapping[str, str]) -> DigestPost:
    return DigestPost(
        post=post.post.id,
        title=post.post.title or post.post.body[:LABEL_CHARS],
        account=names.get(post.post.account, post.post.account),
        issue=address.issue,
        issue_title=title,
        overall=address.overall,
        suspected=suspicions(evasion=address.evasion, downplay=address.downplay),
        days_after_first=address.days_after_first,
    )
