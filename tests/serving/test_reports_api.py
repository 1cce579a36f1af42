"""Gaps and digests over HTTP."""

from __future__ import annotations


def test_gaps_answer_for_a_week(client):
    found = client.get("/v1/gaps", params={"week": "2026-W46"}).json()
    assert found["week"] == "2026-W46"
    assert found["gaps"] == []


def test_gaps_answer_for_the_current_week_by_default(client):
    assert client.get("/v1/gaps").json()["week"]


def test_a_digest_is_built_even_of_an_empty_week(client):
    found = client.get("/v1/digests/2026-W46").json()
    assert found["week"] == "2026-W46"
    assert found["totals"]["requests"] == 0


def test_a_wrong_week_is_400(client):
    assert client.get("/v1/digests/2026-46").status_code == 400
    assert client.get("/v1/gaps?week=x").status_code == 400
