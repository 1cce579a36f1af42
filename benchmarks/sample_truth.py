"""What the product says of the sample city against what is true of it (datasets/sample/truth.json).

    python benchmarks/sample_truth.py [--json]

Loads the sample into an embedded PostgreSQL of its own with the bundled model, and prints one line a measure:
issues, urgency, duplicates, replies, posts, account report, gap report, commitments, matters that came back.
A found issue stands for the true issue that most of its requests belong to; one mostly of one-off matters, for none.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score
from sqlalchemy import select

from nlp.account_report import report_accounts
from nlp.digest import build_digest
from nlp.gaps import report_gaps
from nlp.lifecycle import IssueMember, find_came_back
from nlp.records import Post, parse_time
from nlp.results import IssueSummary, PostAddress, PostReview, ReviewedPost, ReviewedReply
from serving.sample import load_sample
from serving.settings import Settings
from serving.state import SAMPLE, State, open_state
from serving.store.ids import POST, REQUEST, to_public
from serving.store.replies import load_reviewed_replies, load_solved_replies
from serving.store.schema import PostRow, RequestRow, TriageRow
from serving.store.statuses import load_steps
from serving.store.week import WeekMaterial, load_week
from serving.weeks import Week

FAIR = 2.5  # a post that helps, of 1..5 (nlp.account_report)
UNANSWERED = ("none", "evasive")
STATES = {"good": "answered", "partly": "partly", "evasive": "evasive", "none": "none"}
BIG = 10  # requests of an issue that nobody may overlook
TOP = 10

Aliases = Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class Truth:
    """The judgements of truth.json, and the posts' accounts and times."""

    content: dict[str, Any]
    posts: dict[str, Post]

    @classmethod
    def load(cls, folder: Path = SAMPLE) -> Truth:
        """Read truth.json and posts.jsonl of a folder."""
        rows = [json.loads(line) for line in (folder / "posts.jsonl").read_text("utf-8").splitlines()]
        content = json.loads((folder / "truth.json").read_text("utf-8"))
        return cls(content, {row["id"]: Post.from_row(row) for row in rows})

    @property
    def issues(self) -> dict[str, dict[str, Any]]:
        return {issue["key"]: issue for issue in self.content["issues"]}

    @property
    def home(self) -> dict[str, str]:
        """Return the issue of each request that has one."""
        return {request: key for key, issue in self.issues.items() for request in issue["requests"]}


@dataclass(frozen=True)
class Found:
    """What a store says, with the sample's ids. `stands_for`: the true issue of each found one, None for none."""

    week: WeekMaterial
    ids: dict[str, str]
    replies: dict[str, ReviewedReply]
    posts: dict[str, ReviewedPost]
    groups: dict[str, tuple[str, ...]]
    stands_for: dict[str, str | None]
    times: dict[str, datetime]
    urgency: dict[str, int]
    duplicates: frozenset[tuple[str, str]]
    came_back: dict[str, datetime]
    came_back_by_rule: dict[str, datetime]


def read_store(state: State, truth: Truth, *, aliases: Aliases | None = None) -> Found:
    """Read the week of the truth from a store.

    aliases: (channel, external id) → id of the sample, for requests whose ids an import made; posts have channel ""
    """
    with state.session() as session:
        replies = load_reviewed_replies(session)
        articles = session.execute(select(PostRow.id, PostRow.external_id)).all()
        week = load_week(
            session, truth.content["week"], now=Week.parse(truth.content["week"]).last_moment, site=state.site
        )
        rows = session.execute(select(RequestRow.id, RequestRow.channel, RequestRow.external_id)).all()
        twice = session.execute(
            select(RequestRow.duplicate_of, RequestRow.id).where(RequestRow.duplicate_of.is_not(None))
        ).all()
        judged = session.execute(select(TriageRow.request_id, TriageRow.urgency).where(TriageRow.current)).all()
        names = {n: (aliases or {}).get((channel, external), external) for n, channel, external in rows}
        times = dict(session.execute(select(RequestRow.id, RequestRow.time)).all())
        steps = load_steps(session, list(names))
        solved = load_solved_replies(session, list(names))
    again = {n for _, n in twice}
    ids = {to_public(REQUEST, n): name for n, name in names.items()}
    known = {to_public(POST, n): (aliases or {}).get(("", external), external) for n, external in articles}
    groups = {i.issue: tuple(ids[r] for r in i.requests) for i in week.issues}
    members = {
        name: IssueMember(name, times[n], tuple(steps[n]), tuple(solved[n]), n in again) for n, name in names.items()
    }
    return Found(
        week=week,
        ids=ids,
        replies={ids[r.request]: r for r in replies},
        posts={known[p.post.id]: p for p in week.posts},
        groups=groups,
        stands_for={i: _stands_for(requests, truth.home) for i, requests in groups.items()},
        times={names[n]: time for n, time in times.items() if time is not None},
        urgency={names[n]: urgency for n, urgency in judged},
        duplicates=frozenset((names[a], names[b]) for a, b in twice if a is not None),
        came_back=_came_back(groups, members),
        came_back_by_rule=_came_back({k: i["requests"] for k, i in truth.issues.items()}, members),
    )


def _stands_for(requests: Sequence[str], home: Mapping[str, str]) -> str | None:
    counts = Counter(home.get(r) for r in requests)
    key, most = max(counts.items(), key=lambda item: (item[1], item[0] is not None))
    return key if 2 * most >= len(requests) else None


def _came_back(groups: Mapping[str, Sequence[str]], members: Mapping[str, IssueMember]) -> dict[str, datetime]:
    lives = {
        issue: find_came_back([members[r] for r in requests if r in members]) for issue, requests in groups.items()
    }
    return {issue: life.closed for issue, life in lives.items() if life is not None}


def compare(truth: Truth, found: Found, state: State) -> dict[str, float]:
    """Return every measure by its name."""
    return {
        **compare_issues(truth, found),
        **compare_urgency(truth, found),
        **compare_duplicates(truth, found),
        **compare_replies(truth, found),
        **compare_posts(truth, found),
        **compare_accounts(truth, found, state),
        **compare_gaps(truth, found),
        **compare_commitments(truth, found),
        **compare_came_back(truth, found),
        **compare_digest(truth, found),
    }


def compare_issues(truth: Truth, found: Found) -> dict[str, float]:
    """Compare the grouping: pairs of requests, and for each true issue the found one that fits best."""
    real = [frozenset(i["requests"]) for i in truth.issues.values()]
    ours = [frozenset(g) for g in found.groups.values()]
    pairs, seen = _pairs(real), _pairs(ours)
    best = [max((len(r & o) / len(r | o) for o in ours), default=0.0) for r in real]
    return {
        **_rates("issues.pairs", len(pairs & seen), len(seen), len(pairs)),
        "issues.best_jaccard": float(np.mean(best)),
        "issues.half_found": float(np.mean([b >= 0.5 for b in best])),
        "issues.parts": float(np.mean([sum(len(r & o) > 1 for o in ours) for r in real])),
        "issues.of_nothing": float(sum(key is None for key in found.stands_for.values())),
        "issues.number": float(len(ours)),
    }


def _pairs(groups: Sequence[frozenset[str]]) -> set[tuple[str, ...]]:
    return {pair for group in groups for pair in itertools.combinations(sorted(group), 2)}


def compare_urgency(truth: Truth, found: Found) -> dict[str, float]:
    """Compare what is called urgent (2 or 3), and how many of the cases of 24 hours (3) are called so or urgent."""
    real = {u["id"]: u["urgency"] for u in truth.content["urgent"]}
    called = {r for r, u in found.urgency.items() if u >= 2}
    at_once = {r for r, u in real.items() if u == 3}
    return {
        **_rates("urgent", len(called & set(real)), len(called), len(real)),
        "urgent.at_once_recall": len(called & at_once) / len(at_once),
        "urgent.at_once_as_such": sum(found.urgency.get(r) == 3 for r in at_once) / len(at_once),
    }


def compare_duplicates(truth: Truth, found: Found) -> dict[str, float]:
    """Compare the pairs of requests that one author sent twice."""
    real = {frozenset(pair) for pair in truth.content["duplicates"]}
    ours = {frozenset(pair) for pair in found.duplicates}
    return _rates("duplicates", len(real & ours), len(ours), len(real))


def compare_replies(truth: Truth, found: Found) -> dict[str, float]:
    """Compare the order of the replies by quality, and the suspicion of evasion and of playing down."""
    real = {r["request"]: r for r in truth.content["replies"]}
    rows = [(real[name], r.review) for name, r in found.replies.items() if r.review.dimensions is not None]
    ours = [review.dimensions or {} for _, review in rows]
    return {
        "replies.assessed": len(rows) / len(real),
        "replies.spearman": float(spearmanr([t["overall"] for t, _ in rows], [r.overall for _, r in rows]).statistic),
        "replies.evasion_auc": _auc([t["evasion"] for t, _ in rows], [d["evasion"] for d in ours]),
        "replies.downplay_auc": _auc([t["downplay"] for t, _ in rows], [d["downplay"] for d in ours]),
    }


def compare_posts(truth: Truth, found: Found) -> dict[str, float]:
    """Compare genre and answered issues of the posts, and how well each answers the issue it is matched with."""
    real = {p["id"]: p for p in truth.content["posts"]}
    scores = {(p["id"], key): p for key, issue in truth.issues.items() for p in issue["posts"]}
    ours = found.posts
    said = {(i, key) for i, p in real.items() for key in p["addresses"]}
    matched = {(i, key): a for i, p in ours.items() for key, a in _addresses(p, found).items()}
    both = sorted(said & matched.keys())
    return {
        "posts.found": len(ours.keys() & real.keys()) / len(real),
        "posts.genre": float(np.mean([ours[i].review.genre == p["genre"] for i, p in real.items() if i in ours])),
        **_rates("posts.addresses", len(both), len(matched), len(said)),
        "posts.off_by": float(np.mean([abs(matched[k].overall - scores[k]["overall"]) for k in both])) if both else 4.0,
    }


def _addresses(post: ReviewedPost, found: Found) -> dict[str | None, PostAddress]:
    """Return the best address of a post for each true issue; None for found issues that are none."""
    best: dict[str | None, PostAddress] = {}
    for address in post.review.addresses:
        key = found.stands_for.get(address.issue)
        if key not in best or best[key].overall < address.overall:
            best[key] = address
    return best


def compare_accounts(truth: Truth, found: Found, state: State) -> dict[str, float]:
    """Compare the account report with the one that the true issues and judgements give; silence is exact."""
    posts = _true_posts(truth)
    issues = [_true_summary(i, state) for i in truth.issues.values()]
    real = {
        a.account: a for a in report_accounts(state.site.accounts, posts, issues, site=state.site, now=found.week.now)
    }
    ours = {a.account: a for a in found.week.accounts}
    hot = {key for key, issue in truth.issues.items() if len(issue["requests"]) >= 3}
    helped = {(p.post.account, a.issue) for p in posts for a in p.review.addresses if a.overall >= FAIR} & {
        (p.post.account, key) for p in posts for key in hot
    }
    names = state.account_names
    seen = {
        (names.get(p.post.account, p.post.account), key)
        for p in found.week.posts
        for key, a in _addresses(p, found).items()
        if key in hot and a.overall >= FAIR
    }
    known = [n for n, a in real.items() if n in ours and a.coverage is not None and ours[n].coverage is not None]
    off = [abs((real[n].coverage or 0) - (ours[n].coverage or 0)) for n in known]
    return {
        **_rates("accounts.answered", len(helped & seen), len(seen), len(helped)),
        "accounts.coverage_off_by": float(np.mean(off)) if off else 1.0,
        "accounts.posts_exact": float(np.mean([ours[n].posts == a.posts for n, a in real.items() if n in ours])),
        "accounts.silent_exact": float(
            np.mean([ours[n].silent_days == a.silent_days for n, a in real.items() if n in ours])
        ),
    }


def _true_posts(truth: Truth) -> list[ReviewedPost]:
    scores = {(p["id"], key): p for key, issue in truth.issues.items() for p in issue["posts"]}
    found = []
    for row in truth.content["posts"]:
        addresses = []
        for key in row["addresses"]:
            score = scores[row["id"], key]
            made = PostAddress(key, score["overall"], 0, 0, 0, score["evasion"], score["downplay"], None, False, ())
            addresses.append(made)
        found.append(ReviewedPost(truth.posts[row["id"]], PostReview(row["id"], row["genre"], tuple(addresses))))
    return found


def _true_summary(issue: Mapping[str, Any], state: State) -> IssueSummary:
    place = next(a.name for a in state.site.areas if a.code == issue["area"])
    size = len(issue["requests"])
    return IssueSummary(
        issue["key"], issue["title"], place, issue["topic"], size, size, None, None, float(size), {}, (), (),
        issue["requests"][0], tuple(issue["requests"]),
    )  # fmt: skip


def compare_gaps(truth: Truth, found: Found) -> dict[str, float]:
    """Compare what nobody answered.

    state: by the posts alone, as `answered` of the truth is; of a true issue, the state of its largest part
    top: of the ten widest gaps of the real report, replies included, those that stand for an issue without an answer
    overlooked: big issues that no post answers and the report does not name, or calls answered by posts
    """
    week = found.week
    by_posts = {g.issue: g for g in report_gaps(week.issues, posts=week.posts, now=week.now).gaps}
    parts: dict[str, list[str]] = defaultdict(list)
    for issue, key in found.stands_for.items():
        if key is not None and issue in by_posts:
            parts[key].append(issue)
    states = {key: by_posts[max(issues, key=lambda i: by_posts[i].size)].state for key, issues in parts.items()}
    real = {key: STATES[issue["answered"]] for key, issue in truth.issues.items()}
    big = [k for k, i in truth.issues.items() if i["answered"] == "none" and len(i["requests"]) >= BIG]
    top = [found.stands_for[g.issue] for g in week.gaps.gaps[:TOP]]
    return {
        "gaps.state": sum(states.get(key) == state for key, state in real.items()) / len(real),
        "gaps.unanswered": sum((states.get(key) in UNANSWERED) == (s in UNANSWERED) for key, s in real.items())
        / len(real),
        "gaps.overlooked": float(sum(states.get(key, "answered") not in UNANSWERED for key in big)),
        "gaps.top": sum(key is not None and real[key] in UNANSWERED for key in top) / max(1, len(top)),
    }


def compare_commitments(truth: Truth, found: Found) -> dict[str, float]:
    """Compare promised dates: (source, day). Who promised and what is not compared."""
    real = {(c.get("reply") or c["post"], c["due"]) for c in truth.content["commitments"] if c["due"]}
    replies = {(name, c) for name, r in found.replies.items() for c in r.review.commitments}
    posts = {(name, c) for name, p in found.posts.items() for c in p.review.commitments}
    ours = {(source, c.due.isoformat()) for source, c in replies | posts if c.due is not None}
    return _rates("commitments.due", len(real & ours), len(ours), len(real))


def compare_came_back(truth: Truth, found: Found) -> dict[str, float]:
    """Compare what came back: as grouped, and by the rule alone on the true issues; unclear ones are free."""
    real = {c["issue"] for c in truth.content["came_back"]}
    free = {c["issue"] for c in truth.content["came_back_unclear"]}
    quiet = {c["issue"] for c in truth.content["came_back"] if _quiet_days(c, found) >= 3}
    ours = {found.stands_for[i] for i in found.came_back} - free
    ruled = set(found.came_back_by_rule) - free
    return {
        **_rates("came_back", len(real & ours), len(ours), len(real)),
        **_rates("came_back.rule", len(real & ruled), len(ruled), len(real)),
        "came_back.rule_quiet_recall": len(quiet & ruled) / len(quiet),
    }


def compare_digest(truth: Truth, found: Found) -> dict[str, float]:
    """Compare the mail: whether the issues it puts first are the week's big ones, and what it says of the totals."""
    digest = build_digest(found.week)
    of_week = {found.ids[r.request.id] for r in found.week.requests}
    sizes = {key: len(of_week & set(issue["requests"])) for key, issue in truth.issues.items()}
    biggest = sorted(sizes, key=lambda key: -sizes[key])[:TOP]
    named = [found.stands_for[i.issue] for i in digest.issues[:TOP]]
    return {
        "digest.first": sum(key is not None for key in named) / max(1, len(named)),
        "digest.big": len(set(biggest) & set(named)) / TOP,
        "digest.total": float(digest.totals.requests),
    }


def _quiet_days(row: Mapping[str, Any], found: Found) -> float:
    closed, since = parse_time(row["closed"]), found.times.get(row["again"][0])
    return (since - closed).total_seconds() / 86_400 if since and closed else 0.0


def _rates(name: str, both: int, ours: int, real: int) -> dict[str, float]:
    return {f"{name}_precision": both / ours if ours else 1.0, f"{name}_recall": both / real if real else 1.0}


def _auc(labels: Sequence[int], scores: Sequence[float]) -> float:
    return float(roc_auc_score(labels, scores)) if len(set(labels)) == 2 else 0.5


def measure_sample(folder: Path = SAMPLE) -> dict[str, float]:
    """Load a sample into an own database and compare it with its truth."""
    with tempfile.TemporaryDirectory(prefix="ms-") as place:
        Path(place).chmod(0o755)  # the database server's account must be able to enter
        with open_state(Settings(data_dir=Path(place) / "site", demo=True)) as state:
            load_sample(state, folder)
            truth = Truth.load(folder)
            return compare(truth, read_store(state, truth), state)


def main() -> None:
    """Print the measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    options = parser.parse_args()
    measures = measure_sample()
    if options.json:
        print(json.dumps(measures, ensure_ascii=False, indent=1))
        return
    for name, value in measures.items():
        print(f"{name:32} {value:8.3f}")


if __name__ == "__main__":
    main()
