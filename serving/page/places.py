"""Where the requests of a list belong: areas of the site and the units that have them now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from nlp.results import AnalysedRequest
from nlp.site import LEVELS, Site
from serving.page.filters import Whereabouts


def area_names(site: Site) -> dict[str, str]:
    """Return the name of each area by its code."""
    return {a.code: a.name for a in site.areas}


def place_requests(requests: Sequence[AnalysedRequest], *, units: Mapping[str, str], site: Site) -> Whereabouts:
    """Return where requests belong: their areas and those above them, the larger ones first, by name.

    units: who has each request, by public id
    """
    levels = {a.code: LEVELS.index(a.level) for a in site.areas}
    inside: dict[str, set[str]] = defaultdict(set)
    for code in {r.request.area for r in requests if r.request.area}:
        for outer in site.ancestors(code) or (code,):
            inside[outer].add(code)
    names = area_names(site)
    order = sorted(inside, key=lambda code: (levels.get(code, len(LEVELS)), code))
    return Whereabouts(
        units=units,
        names={code: names.get(code, code) for code in order},
        inside={code: frozenset(found) for code, found in inside.items()},
    )
