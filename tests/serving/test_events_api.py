"""Events and replies by the channel's ids, lists narrowed by what became of requests, issues that came back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import event

from nlp.records import CHINA
from serving.schemas import ExternalEvents, ExternalReplies, IssueDetail, IssuePage, RequestDetail, RequestPage
from serving.store.lives import load_issue_lives

START = datetime(2026, 9, 7, 8, 0, tzinfo=CHINA)


def at(days):
    return (START + timedelta(days=days)).isoformat()


def post(client, path, **body):
    answer = client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


def asked(number, day=0, title="污水返溢", **more):
    return {"id": f"LX{number}", "title": title, "text": "请来看看", "time": at(day), "channel": "hotline", **more}


def happened(number, kind, day, unit="", **more):
    return {"channel": "hotline", "id": f"LX{number}", "type": kind, "time": at(day), "unit": unit, **more}


def ids(client, **query):
    answer = client.get("/v1/requests", params=query)
    assert answer.status_code == 200, answer.text
    return [r["id"] for r in answer.json()["requests"]]


@pytest.fixture
def back(client):
    """An issue that was closed and came back, one order of it returned; and an order of another matter."""
    post(client, "/v1/requests", requests=[asked(1), asked(2, 1), asked(3, 20), asked(4, 21), asked(5, 2, "路灯")])
    events = [
        happened(1, "派单", 0.1, "街道办"),
        happened(1, "退单", 0.5, "街道办"),
        happened(1, "派单", 0.6, "城管局"),
        happened(1, "办结", 3, "城管局"),
        happened(1, "回访", 4, solved="已解决"),
        happened(2, "closed", 3),
        happened(3, "dispatched", 20.1, "城管局"),
        happened(5, "closed", 6),
        happened(5, "called_back", 7, solved="未解决"),
    ]
    post(client, "/v1/events", events=events)
    return client


def test_events_are_stored_by_the_ids_of_the_channel(client):
    post(client, "/v1/requests", requests=[asked(1), asked(2)])
    events = [
        happened(1, "派单", 1, "街道办"),
        happened(9, "办结", 1),
        happened(2, "办结", 2, note="请打13912345678"),
        happened(2, "吃饭", 2),
        {"type": "办结", "time": at(1)},
        happened(1, "dispatched", 1, "街道办"),
    ]
    found = post(client, "/v1/events", events=events)
    assert [r.get("request") for r in found] == ["q000001", None, "q000002", None, None, "q000001"]
    assert [r["id"] for r in found[:4]] == ["LX1", "LX9", "LX2", "LX2"]
    assert [r.get("status") for r in found] == ["dispatched", None, "closed", None, None, "dispatched"]
    assert (found[0]["type"], found[0]["created"], found[5]["created"]) == ("dispatched", True, False)
    assert "没有这个渠道和编号" in found[1]["error"]
    assert "13912345678" not in found[2]["note"]
    assert "流转类型" in found[3]["error"]
    assert "编号" in found[4]["error"]
    ExternalEvents.model_validate({"results": found})


def test_replies_are_stored_by_the_ids_of_the_channel(client):
    post(client, "/v1/requests", requests=[asked(1), asked(2)])
    reply = {"channel": "hotline", "id": "LX2", "reply": "已收悉", "reply_time": at(1), "unit": "街道办"}
    found = post(client, "/v1/replies", replies=[{**reply, "id": "LX9"}, reply, {**reply, "reply": " "}, reply])
    assert [r.get("created") for r in found] == [None, True, None, False]
    assert (found[1]["id"], found[1]["request"], found[1]["reply"]) == ("LX2", "q000002", "r000001")
    assert found[2] == {"id": "LX2", "error": found[2]["error"]}
    assert ids(client, status="replied") == ["LX2"]
    ExternalReplies.model_validate({"results": found})


@pytest.mark.parametrize("path", ["/v1/events", "/v1/replies"])
def test_a_body_that_is_no_list_of_items_is_422(client, path):
    name = path.rpartition("/")[2]
    for body in ({}, {name: []}, {name: [{}] * 257}):
        assert client.post(path, json=body).status_code == 422


def test_a_request_tells_its_life(back):
    life = back.get("/v1/requests/q000001").json()["life"]
    assert (life["status"], life["unit"], life["units"]) == ("closed", "城管局", ["街道办", "城管局"])
    assert (life["returned"], life["solved"], life["handling_days"], life["working_days"]) == (1, True, 3.0, 3)
    assert life["due"] is not None
    RequestDetail.model_validate(back.get("/v1/requests/q000001").json())
    RequestPage.model_validate(back.get("/v1/requests").json())


def test_lists_are_narrowed_by_what_became_of_requests(back):
    assert ids(back, returned="true") == ["LX1"]
    assert ids(back, solved="false") == ["LX5"]
    assert ids(back, solved="true") == ["LX1"]
    assert ids(back, status="closed") == ["LX5", "LX2", "LX1"]
    assert ids(back, overdue="true") == ["LX4", "LX3"]
    assert ids(back, overdue="false") == ["LX5", "LX2", "LX1"]
    assert ids(back, id="LX3", channel="hotline") == ["LX3"]
    assert ids(back, id="LX3", channel="board") == ids(back, id="q000003") == []
    answer = back.get("/v1/requests", params={"status": "done"})
    assert answer.status_code == 400
    assert "closed" in answer.json()["detail"]


def test_an_issue_that_was_closed_and_reported_again_came_back(back):
    (found,) = back.get("/v1/issues").json()["issues"]
    assert found["counts"] == {"open": 2, "overdue": 2, "returned": 1, "unsolved": 0}
    assert found["came_back"]["again"] == ["q000003", "q000004"]
    assert found["came_back"]["closed"].startswith("2026-09-10T08:00")
    assert not found["came_back"]["settled"]
    one = back.get(f"/v1/issues/{found['issue']}").json()
    assert one["came_back"] == found["came_back"]
    IssueDetail.model_validate(one)
    IssuePage.model_validate(back.get("/v1/issues").json())


def test_a_list_asks_the_database_as_often_for_many_as_for_one(back, state):
    asked_for = []
    event.listen(state.engine, "before_cursor_execute", lambda *a: asked_for.append(a[2]))
    with state.session() as session:
        load_issue_lives(session, ["i-000001"] * 50, now=START)
    assert len([q for q in asked_for if q.startswith("SELECT")]) <= 5


def test_the_document_describes_the_bulk_routes(client):
    paths = client.get("/openapi.json").json()["paths"]
    for name in ("events", "replies"):
        body = paths[f"/v1/{name}"]["post"]["requestBody"]["content"]["application/json"]["schema"]
        assert {"id", "channel"} <= set(body["properties"][name]["items"]["properties"])
    asked_by = {p["name"] for p in paths["/v1/requests"]["get"]["parameters"]}
    assert {"id", "status", "overdue", "returned", "solved"} <= asked_by
