"""How each public account responds to what residents ask (账号报告).

An account is measured only by the issues of its areas and remit. Evasion and playing-down are 疑似 (suspected) until a
person confirms them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import median

from nlp.records import CHINA
from nlp.results import GENRES, AccountReport, IssueSummary, PostAddress, ReviewedPost
from nlp.site import Account, Site

FAIR = 2.5  # of 1..5: above "weak" of the annotation guide
SUSPECTED = 0.5
SILENT_DAYS = 14  # two-week silence rule for public accounts
_MIN_HOT = 3  # requests an issue must have before an account is measured by it
_GENERAL = ("city", "district", "street", "community")  # kinds whose remit is everything in their areas


def report_accounts(
    accounts: Sequence[Account],
    posts: Sequence[ReviewedPost],
    issues: Sequence[IssueSummary],
    *,
    site: Site,
    now: datetime | None,
) -> tuple[AccountReport, ...]:
    """Report every account of the table, then those that posted without being in it.

    An account is measured only by issues of its areas and remit; without a remit it is counted, not judged.
    """
    successor = {name: a.merged_into for a in accounts if a.merged_into for name in (a.id, a.name)}
    own = {name: a.id for a in accounts for name in (a.id, a.name)}
    of_account: dict[str, list[ReviewedPost]] = {a.id: [] for a in accounts}
    for post in posts:
        name = successor.get(post.post.account, post.post.account)
        of_account.setdefault(own.get(name, name), []).append(post)
    known = {a.id: a for a in accounts}
    areas = {i.issue: site.area_of(i.place) or site.area_of(i.title) for i in issues}
    return tuple(
        _account_report(key, known.get(key), of_posts, issues, areas=areas, site=site, now=now)
        for key, of_posts in of_account.items()
    )


def _account_report(
    key: str,
    account: Account | None,
    posts: Sequence[ReviewedPost],
    issues: Sequence[IssueSummary],
    *,
    areas: Mapping[str, str | None],
    site: Site,
    now: datetime | None,
) -> AccountReport:
    reasons = _not_assessable(account)
    remit = [] if reasons or account is None else [i for i in issues if _in_remit(i, account, areas, site)]
    hot = [i for i in remit if i.size >= _MIN_HOT]
    asked = {i.issue for i in (issues if account is None else remit)}
    addresses = [(p, a) for p in posts for a in p.review.addresses if a.issue in asked]
    answering = {p.post.id for p, _ in addresses}
    covered = {a.issue for p, a in addresses if _helps(a)}
    silent = _silent_days(posts, now)
    return AccountReport(
        account=account.name if account else key,
        assessable=not reasons,
        posts=len(posts),
        answering=len(answering),
        answering_share=len(answering) / len(posts) if posts else None,
        coverage=sum(_heat(i) for i in hot if i.issue in covered) / sum(map(_heat, hot)) if hot else None,
        hot_issues=len(hot),
        lag_days=_lag(remit, addresses),
        evasion_suspected=sum(a.evasion >= SUSPECTED for _, a in addresses),
        downplay_suspected=sum(a.downplay >= SUSPECTED for _, a in addresses),
        silent_days=silent,
        genres={g: n for g in GENRES if (n := sum(p.review.genre == g for p in posts))},
        reasons=tuple(reasons or _remarks(posts, hot, [areas[i.issue] for i in issues], silent)),
    )


def _not_assessable(account: Account | None) -> list[str]:
    if account is None:
        return ["账号不在 accounts.csv 中,没有区域和职责范围,只计数不评价"]
    if account.merged_into:
        return [f"账号已并入 {account.merged_into},推文计入后者"]
    if not account.topics and not (account.areas and account.kind in _GENERAL):
        return ["账号没有登记职责范围,只计数不评价"]
    return []


def _remarks(
    posts: Sequence[ReviewedPost], hot: Sequence[IssueSummary], areas: Sequence[str | None], silent: int | None
) -> list[str]:
    found = []
    if not posts:
        found.append("本期没有推文")
    elif silent is not None and silent >= SILENT_DAYS:
        found.append(f"已有 {silent} 天没有更新(超过 {SILENT_DAYS} 天)")
    if not hot:
        found.append(f"职责范围内没有 {_MIN_HOT} 件以上诉求的共性问题,覆盖率不作计算")
    if unplaced := areas.count(None):
        found.append(f"{unplaced} 个共性问题无法确定区域,没有计入按区域登记的账号")
    return found


def _in_remit(issue: IssueSummary, account: Account, areas: Mapping[str, str | None], site: Site) -> bool:
    in_area = not account.areas or bool(set(account.areas) & set(site.ancestors(areas[issue.issue])))
    return in_area and (not account.topics or issue.topic in account.topics)


def _lag(remit: Sequence[IssueSummary], addresses: Sequence[tuple[ReviewedPost, PostAddress]]) -> float | None:
    """Median days from the first request of an issue to the account's first post on it; posts before it count 0."""
    lags = []
    for issue in remit:
        times = [p.post.published for p, a in addresses if a.issue == issue.issue and p.post.published is not None]
        if times and issue.first is not None:
            lags.append(max(0.0, (min(times) - issue.first).total_seconds() / 86400))
    return round(median(lags), 1) if lags else None


def _silent_days(posts: Sequence[ReviewedPost], now: datetime | None) -> int | None:
    last = max((p.post.published for p in posts if p.post.published is not None), default=None)
    return (
        None
        if last is None or now is None
        else max(0, (now.astimezone(CHINA).date() - last.astimezone(CHINA).date()).days)
    )


def _heat(issue: IssueSummary) -> float:
    return issue.heat if issue.heat > 0 else float(issue.size)


def _helps(address: PostAddress) -> bool:
    return address.overall >= FAIR and max(address.evasion, address.downplay) < SUSPECTED
