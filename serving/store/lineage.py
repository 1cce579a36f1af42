"""Which existing issue a new group of requests continues: ids survive a regrouping."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lineage:
    """`kept[n]` is the issue that group n continues, None for a new one; `merged[issue]` is the group it went into.

    An issue that is neither kept nor merged has dissolved: no group holds any of its requests.
    """

    kept: tuple[int | None, ...]
    merged: Mapping[int, int]


def trace_groups(groups: Sequence[Set[int]], issues: Mapping[int, Set[int]]) -> Lineage:
    """Match new groups of requests to existing issues one to one, the largest overlap (Jaccard) first.

    Ties go to the larger intersection, then to the older issue. An issue without a group of its own is merged into
    the group that took most of its requests.
    """
    owner = {member: issue for issue, members in issues.items() for member in members}
    shared: dict[int, Counter[int]] = defaultdict(Counter)
    candidates = []
    for n, group in enumerate(groups):
        for issue, common in Counter(owner[m] for m in group if m in owner).items():
            shared[issue][n] = common
            union = len(group) + len(issues[issue]) - common
            candidates.append((-common / union, -common, issue, n))
    kept: dict[int, int] = {}
    survivors: set[int] = set()
    for _, _, issue, n in sorted(candidates):
        if n not in kept and issue not in survivors:
            kept[n] = issue
            survivors.add(issue)
    merged = {issue: taken.most_common(1)[0][0] for issue, taken in shared.items() if issue not in survivors}
    return Lineage(tuple(kept.get(n) for n in range(len(groups))), merged)
