"""The pages: read the store, choose, render. Only masked text comes out of the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse
from sqlalchemy.orm import Session

from nlp.digest import build_digest
from nlp.digest_facts import label_request
from nlp.digest_issues import choose_issues, describe_came_back, fill_trend
from nlp.digest_replies import judge_replies, worst_first
from nlp.results import AnalysedRequest, Life
from serving.page.errors import PageNotFound, PageRoute
from serving.page.filters import (
    ISSUE_SHOWS,
    LIFE_STATES,
    REQUEST_STATES,
    check_choice,
    cut_page,
    filter_posts,
    filter_replies,
    filter_requests,
    life_ids,
    suspected_in,
)
from serving.page.marks import highlight
from serving.page.places import area_names, place_requests
from serving.page.render import STATIC, render_page
from serving.page.spans import post_marks, reply_marks, request_marks
from serving.page.timeline import draw_timeline
from serving.state import State
from serving.store.bulk import among
from serving.store.events import load_events
from serving.store.ids import REQUEST, from_public
from serving.store.issues import get_stored_issue
from serving.store.lives import load_issue_lives, load_lives, load_units
from serving.store.posts import get_post, get_posts_of_issue
from serving.store.replies import get_replies, load_reviewed_replies
from serving.store.requests import RequestFilters, get_request, list_requests, list_weeks, load_analysed
from serving.store.schema import ReplyRow, RequestRow
from serving.store.search import MAX_FOUND, search_requests
from serving.store.week import WeekMaterial, load_week
from serving.weeks import Week
from serving.wording import STATUS_NAMES

MEMBERS_SHOWN = 200

router = APIRouter(route_class=PageRoute, include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/")
def show_week(request: Request) -> HTMLResponse:
    """Show a week's digest: the one asked for, or the latest with requests."""
    state = _state(request)
    with state.session() as session:
        weeks, facts = _load(session, request)
    digest = build_digest(facts, account_names=state.account_names)
    names = weeks if digest.week in weeks else sorted({*weeks, digest.week}, reverse=True)
    return render_page(request, "week.html", digest=digest, week=digest.week, weeks=names)


@router.get("/issues")
def show_issues(request: Request) -> HTMLResponse:
    """List the issues that were active in a week."""
    with _state(request).session() as session:
        _, facts = _load(session, request)
    query = _query(request)
    show = check_choice(query.get("show"), ISSUE_SHOWS, "show")
    chosen = choose_issues(facts, hottest=None, rising=None)
    issues = {"rising": chosen.rising, "back": describe_came_back(facts)}.get(show or "", chosen.hottest)
    found = cut_page(issues, query, chosen=(ISSUE_SHOWS[show],) if show else ())
    return render_page(request, "issues.html", found=found, week=facts.week)


@router.get("/issues/{issue_id}")
def show_issue(request: Request, issue_id: str) -> HTMLResponse:
    """Show an issue: trend, why it is hot, its requests, replies and posts."""
    state = _state(request)
    with state.session() as session:
        stored = get_stored_issue(session, issue_id)
        if stored is None:
            raise PageNotFound(f"没有编号为 {issue_id[:40]} 的共性问题。")
        members = list_requests(session, RequestFilters(issue=issue_id), limit=MEMBERS_SHOWN).items
        numbers = [from_public(REQUEST, m.request.id) for m in members]
        replies = load_reviewed_replies(session, among(ReplyRow.request_id, numbers))
        lives = load_lives(session, members, site=state.site, now=state.now())
        life = load_issue_lives(session, [issue_id], now=state.now()).get(issue_id)
        posts = get_posts_of_issue(session, issue_id)
        _, facts = _load(session, request)
    gap = next((g for g in facts.gaps.gaps if g.issue == issue_id), None)
    return render_page(
        request,
        "issue.html",
        issue=stored.summary,
        stored=stored,
        trend=fill_trend(stored.summary.trend, facts.start),
        members=[_row(m, lives) for m in members],
        life=life,
        now=state.now(),
        replies=sorted(judge_replies(replies, asked=members), key=worst_first),
        posts=posts,
        gap=gap,
        accounts=state.account_names,
        week=facts.week,
    )


@router.get("/requests")
def show_requests(request: Request) -> HTMLResponse:
    """List a week's requests, or with `q` and `all` those of any week, narrowed by the query."""
    state, query = _state(request), _query(request)
    with state.session() as session:
        _, facts = _load(session, request)
        everywhere = _is_everywhere(query)
        now, until = (state.now(), None) if everywhere else (facts.now, facts.now)
        numbers = _numbers_asked(session, query, facts)
        listed: Sequence[AnalysedRequest] = facts.requests
        if numbers is not None:
            listed = load_analysed(session, among(RequestRow.id, numbers), until=until)
        places = place_requests(listed, units=load_units(session, listed, until=until), site=state.site)
        requests, chosen = filter_requests(facts, query, among=listed, places=places)
        found = cut_page(requests, query, chosen=chosen)
        shown = cast(Sequence[AnalysedRequest], found.items)
        lives = load_lives(session, shown, site=state.site, now=now, until=until)
    rows = replace(found, items=[_row(r, lives) for r in shown])
    return render_page(
        request,
        "requests.html",
        found=rows,
        week=facts.week,
        now=now,
        states=REQUEST_STATES,
        statuses=STATUS_NAMES,
        areas=list(places.names.items()),
        units=sorted(set(places.units.values())),
        everywhere=everywhere,
        cut=MAX_FOUND if everywhere and len(listed) >= MAX_FOUND else None,
    )


@router.get("/requests/{request_id}")
def show_request(request: Request, request_id: str) -> HTMLResponse:
    """Show a request: its text with evidence and places, the triage, what happened, how well it was answered."""
    with _state(request).session() as session:
        item = get_request(session, request_id)
        number = from_public(REQUEST, request_id)
        if item is None or number is None:
            raise PageNotFound(f"没有编号为 {request_id[:40]} 的诉求，或它还没有研判完。")
        events = load_events(session, number)
        life = load_lives(session, [item], site=_state(request).site, now=_state(request).now())[request_id]
        replies = get_replies(session, request_id)
        issue = None if item.issue is None else get_stored_issue(session, item.issue)
    asked = item.request
    marks = request_marks(item.triage)
    return render_page(
        request,
        "request.html",
        item=item,
        label=label_request(asked),
        title=highlight(asked.title, marks),
        text=highlight(asked.text, marks, offset=len(asked.title) + 1),
        life=life,
        area=area_names(_state(request).site).get(asked.area or "", asked.area),
        timeline=draw_timeline(events, replies, life=life, now=_state(request).now()),
        replies=[(r, highlight(r.reply, reply_marks(r.review)), suspected_in(r)) for r in replies],
        issue=None if issue is None else issue.summary,
        now=_state(request).now(),
        week=Week.of(asked.time).name if asked.time else None,
    )


@router.get("/replies")
def show_replies(request: Request) -> HTMLResponse:
    """List the replies of a week, worst first."""
    with _state(request).session() as session:
        _, facts = _load(session, request)
    query = _query(request)
    inside = [r for r in facts.replies if r.reply_time is None or facts.start <= r.reply_time < facts.end]
    judged = judge_replies(inside, asked=(*facts.requests, *facts.answered))
    replies, chosen = filter_replies(judged, query)
    found = cut_page(replies, query, chosen=chosen)
    return render_page(request, "replies.html", found=found, week=facts.week, unjudged=len(inside) - len(judged))


@router.get("/posts")
def show_posts(request: Request) -> HTMLResponse:
    """List the posts of a week."""
    state = _state(request)
    with state.session() as session:
        _, facts = _load(session, request)
    query = _query(request)
    inside = [p for p in facts.posts if p.post.published is None or facts.start <= p.post.published < facts.end]
    posts, chosen = filter_posts(inside, query, unasked=facts.gaps.unasked_posts, accounts=state.account_names)
    titles = {i.issue: i.title for i in facts.issues}
    found = cut_page(posts, query, chosen=chosen)
    return render_page(request, "posts.html", found=found, week=facts.week, titles=titles, accounts=state.account_names)


@router.get("/posts/{post_id}")
def show_post(request: Request, post_id: str) -> HTMLResponse:
    """Show a post with the passages that answer an issue."""
    state = _state(request)
    with state.session() as session:
        found = get_post(session, post_id)
        if found is None:
            raise PageNotFound(f"没有编号为 {post_id[:40]} 的推文，或它还没有评价完。")
        stored = [(a, get_stored_issue(session, a.issue)) for a in found.review.addresses]
    titles = {a.issue: s.summary.title if s else a.issue for a, s in stored}
    marks = post_marks(found.review, titles)
    return render_page(
        request,
        "post.html",
        found=found,
        title=highlight(found.post.title, marks),
        body=highlight(found.post.body, marks, offset=len(found.post.title) + 1),
        titles=titles,
        account=state.account_names.get(found.post.account, found.post.account),
        week=Week.of(found.post.published).name if found.post.published else None,
    )


@router.get("/gaps")
def show_gaps(request: Request) -> HTMLResponse:
    """Show which issues wait for an answer, and which posts nobody asked for."""
    state = _state(request)
    with state.session() as session:
        _, facts = _load(session, request)
    waiting = [g for g in facts.gaps.gaps if g.state != "answered"]
    answered = [g for g in facts.gaps.gaps if g.state == "answered"]
    unasked = [p for p in facts.posts if p.post.id in facts.gaps.unasked_posts]
    return render_page(
        request,
        "gaps.html",
        waiting=waiting,
        answered=answered,
        unasked=unasked,
        accounts=state.account_names,
        week=facts.week,
        now=facts.now,
    )


@router.get("/static/page.css")
def send_sheet() -> FileResponse:
    """Send the style sheet; its address carries a hash, so it may be kept."""
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    return FileResponse(STATIC / "page.css", media_type="text/css", headers=headers)


def _state(request: Request) -> State:
    found: State = request.app.state.minsheng
    return found


def _query(request: Request) -> Mapping[str, str]:
    return {k: v.strip() for k, v in request.query_params.items() if v.strip()}


def _load(session: Session, request: Request) -> tuple[list[str], WeekMaterial]:
    """Load the week of the query; without one the latest with requests, else the current one. Raises InputError."""
    state, weeks = _state(request), list_weeks(session)
    asked = _query(request).get("week")
    week = Week.parse(asked) if asked else Week.parse(weeks[0]) if weeks else Week.of(state.now())
    return weeks, load_week(session, week.name, now=state.now(), site=state.site)


def _is_everywhere(query: Mapping[str, str]) -> bool:
    """Say whether a search is for requests of any week; a state that only a week has keeps it to that week."""
    return bool(query.get("q") and query.get("all")) and query.get("state") not in LIFE_STATES


def _numbers_asked(session: Session, query: Mapping[str, str], facts: WeekMaterial) -> Sequence[int | None] | None:
    """Return the row numbers of the requests that the query is about, None where they are those of the week."""
    if query.get("state") in LIFE_STATES:
        return [from_public(REQUEST, i) for i in life_ids(facts, query["state"])]
    return search_requests(session, query["q"]) if _is_everywhere(query) else None


def _row(item: AnalysedRequest, lives: Mapping[str, Life]) -> dict[str, Any]:
    return {
        "request": item.request,
        "triage": item.triage,
        "status": item.status,
        "life": lives[item.request.id],
        "duplicate_of": item.duplicate_of,
        "label": label_request(item.request),
    }
