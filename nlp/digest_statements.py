"""The sentences of a digest: what the week was, and what to look at next. Each carries the ids it rests on."""

from __future__ import annotations

from collections.abc import Sequence

from nlp.digest_facts import is_overdue, is_urgent
from nlp.digest_values import DigestIssue, DigestReply, DuePromise, Statement, Totals, WeekFacts, WeekLife
from nlp.results import Gap

MAX_STEPS = 7
MAX_NAMED, MAX_IDS = 3, 100


def write_headline(facts: WeekFacts, totals: Totals, *, hottest: Sequence[DigestIssue]) -> tuple[Statement, ...]:
    """Say in one to three sentences what the week was."""
    if not totals.requests:
        return (Statement("total", "本周没有诉求。"),)
    said = [Statement("total", f"本周收到诉求 {totals.requests} 件，{_compare(totals)}。")]
    urgent = tuple(r.request.id for r in facts.requests if is_urgent(r))
    if urgent:
        overdue = f"，其中 {totals.overdue} 件已过办理时限" if totals.overdue else ""
        state = f"{totals.urgent_unsettled} 件还没有办结{overdue}" if totals.urgent_unsettled else "都已答复或办结"
        said.append(Statement("urgent", f"紧急诉求 {totals.urgent} 件，{state}。", requests=urgent))
    if hottest:
        top = hottest[0]
        text = f"最热的共性问题是“{top.title}”：累计 {top.size} 件、{top.residents} 位居民，本周 {top.week_count} 件。"
        said.append(Statement("issue", text, requests=top.requests, issues=(top.issue,)))
    return tuple(said)


def write_life(life: WeekLife) -> Statement:
    """Say in one sentence what became of requests: late, returned, unsolved, back. At most 100 ids of a kind."""
    parts = [
        f"超期未办结 {len(life.overdue)} 件" + (f"（其中 {life.untracked} 件没有流转记录）" if life.untracked else ""),
        f"本周退单 {len(life.returned)} 件",
        f"回访未解决 {len(life.unsolved)} 件",
    ]
    names = "、".join(f"“{i.title}”" for i in life.came_back[:MAX_NAMED])
    back = f"复发问题 {len(life.came_back)} 个" + (f"：{names}" if names else "")
    ids = (*life.overdue[:MAX_IDS], *life.returned[:MAX_IDS], *life.unsolved[:MAX_IDS])
    text = f"{'，'.join(parts)}；{back}{'等' if len(life.came_back) > MAX_NAMED else ''}。"
    return Statement("life", text, requests=tuple(dict.fromkeys(ids)), issues=tuple(i.issue for i in life.came_back))


def _compare(totals: Totals) -> str:
    difference = totals.requests - totals.previous
    if not totals.previous:
        return "上周没有诉求记录，无法比较"
    if not difference:
        return f"与上周的 {totals.previous} 件持平"
    return f"比上周的 {totals.previous} 件{'多' if difference > 0 else '少'} {abs(difference)} 件"


def choose_next_steps(
    facts: WeekFacts,
    *,
    waiting: Sequence[Gap],
    weak: Sequence[DigestReply],
    rising: Sequence[DigestIssue],
    promises: Sequence[DuePromise],
) -> tuple[Statement, ...]:
    """Say what to look at next, most pressing first."""
    steps = [
        _step_overdue(facts),
        _step_came_back(facts),
        _step_gap(waiting),
        _step_replies(weak),
        _step_rising(rising),
        _step_promises(promises),
        _step_review(facts),
    ]
    return tuple(s for s in steps if s is not None)[:MAX_STEPS]


def _step_overdue(facts: WeekFacts) -> Statement | None:
    late = [r for r in facts.requests if is_urgent(r) and is_overdue(r, facts)]
    if not late:
        return None
    text = f"{len(late)} 件紧急诉求已过办理时限仍未办结，请先督办。"
    return Statement("overdue", text, requests=tuple(r.request.id for r in late))


def _step_came_back(facts: WeekFacts) -> Statement | None:
    back = facts.life.came_back
    if not back:
        return None
    top = back[0]
    more = f"等 {len(back)} 个问题" if len(back) > 1 else ""
    again = tuple(dict.fromkeys(r for i in back for r in i.again))
    text = f"“{top.title}”{more}办结后又有人反映（{len(again)} 件），请查清原因再办。"
    return Statement("back", text, requests=again, issues=tuple(i.issue for i in back))


def _step_gap(waiting: Sequence[Gap]) -> Statement | None:
    silent = [g for g in waiting if g.state == "none"]
    if not silent:
        return None
    top = silent[0]
    days = f"，已等 {top.waiting_days} 天" if top.waiting_days is not None else ""
    text = f"“{top.title}”有 {top.residents} 位居民反映{days}，没有任何答复或推文回应。"
    return Statement("gap", text, requests=top.requests, issues=(top.issue,))


def _step_replies(weak: Sequence[DigestReply]) -> Statement | None:
    if not weak:
        return None
    suspected = sum(bool(r.suspected) for r in weak)
    doubt = f"，其中 {suspected} 条疑似回避或轻描淡写" if suspected else ""
    text = f"{len(weak)} 条答复没有答好{doubt}；建议核实后再次答复。"
    return Statement("reply", text, requests=tuple(r.request for r in weak), replies=tuple(r.reply for r in weak))


def _step_rising(rising: Sequence[DigestIssue]) -> Statement | None:
    if not rising:
        return None
    titles = "、".join(f"“{i.title}”" for i in rising[:2])
    more = f"等 {len(rising)} 个问题" if len(rising) > 2 else ""
    text = f"{titles}{more}本周明显增多，请留意是否继续扩大。"
    ids = tuple(r for i in rising for r in i.requests)
    return Statement("rising", text, requests=ids, issues=tuple(i.issue for i in rising))


def _step_promises(promises: Sequence[DuePromise]) -> Statement | None:
    late = [p for p in promises if p.overdue]
    if not late:
        return None
    text = f"{len(late)} 项公开承诺的期限已到，请核实是否兑现。"
    return Statement(
        "promise",
        text,
        requests=tuple(dict.fromkeys(p.request for p in late if p.request)),
        replies=tuple(dict.fromkeys(p.reply for p in late if p.reply)),
        posts=tuple(dict.fromkeys(p.post for p in late if p.post)),
    )


def _step_review(facts: WeekFacts) -> Statement | None:
    unsure = tuple(r.request.id for r in facts.requests if r.triage.review)
    if not unsure:
        return None
    return Statement("review", f"{len(unsure)} 件诉求模型拿不准，请人工看一遍分类和紧急程度。", requests=unsure)
