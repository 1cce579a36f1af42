"""Posts go in once per account and come back with what they answer."""

from __future__ import annotations

POST = {"id": "t-1", "account": "某街道", "published": "2026-11-10", "title": "巡查通报", "body": "昨夜巡查三处工地。"}


def test_a_post_is_reviewed_and_stored_once(client):
    first = client.post("/v1/posts", json={"posts": [POST]}).json()["results"][0]
    again = client.post("/v1/posts", json={"posts": [POST]}).json()["results"][0]
    assert (first["created"], again["created"]) == (True, False)
    assert (first["post"], first["id"]) == ("p000001", "t-1")
    assert first["review"]["genre"] == "activity"
    assert client.get("/v1/posts/p000001").json()["title"] == "巡查通报"


def test_the_same_number_of_another_account_is_another_post(client):
    answer = client.post("/v1/posts", json={"posts": [POST, {**POST, "account": "某社区"}]}).json()
    assert [r["created"] for r in answer["results"]] == [True, True]


def test_a_post_without_account_or_text_is_an_error_in_its_place(client):
    bad = [{**POST, "account": ""}, {"id": "t-2", "account": "某街道"}]
    results = client.post("/v1/posts", json={"posts": [*bad, POST]}).json()["results"]
    assert ["error" in r for r in results] == [True, True, False]


def test_posts_are_listed_by_week_account_and_genre(client):
    client.post("/v1/posts", json={"posts": [POST, {**POST, "id": "t-2", "published": "2026-11-02"}]})

    def ids(**query):
        return [p["id"] for p in client.get("/v1/posts", params=query).json()["posts"]]

    assert ids() == ["t-1", "t-2"]
    assert ids(week="2026-W45") == ["t-2"]
    assert ids(account="某社区") == ids(genre="response") == []
