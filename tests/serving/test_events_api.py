"""Events and replies by the channel's ids, lists narrowed by what became of requests, issues that came back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import event

from nlp.records import CHINA
from serving.schemas import ExternalEvents, ExternalReplies, IssueDetail, IssuePage, RequestDetail, RequestPage
from serving.store.event_words import is_ignored_step, read_event_words
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


def test_chinese_names_of_a_channel_mean_its_code_at_every_door(client):
    sent = [{**asked(1), "channel": "热线"}, asked(1)]
    assert "重复" in post(client, "/v1/requests", requests=sent)[1]["error"]
    assert post(client, "/v1/requests", requests=[asked(1)])[0]["created"] is False
    (found,) = post(client, "/v1/events", events=[{**happened(1, "派单", 1, "街道办"), "channel": "12345热线"}])
    assert (found["channel"], found["created"]) == ("hotline", True)
    reply = {"channel": "热线", "id": "LX1", "reply": "已收悉", "reply_time": at(2)}
    assert post(client, "/v1/replies", replies=[reply])[0]["channel"] == "hotline"
    assert ids(client, channel="热线") == ids(client, channel="hotline") == ["LX1"]
    assert ids(client, channel="留言板") == []


def test_a_reassigned_order_is_dispatched_to_the_new_unit(client):
    post(client, "/v1/requests", requests=[asked(1)])
    events = [
        happened(1, "派单", 1, "街道办"),
        happened(1, "退回", 2, "街道办"),
        happened(1, "改派", 3, "城管局", note="路段归城管"),
    ]
    assert post(client, "/v1/events", events=events)[2]["status"] == "dispatched"
    found = client.get("/v1/requests/q000001").json()
    life = found["life"]
    assert (life["unit"], life["returned"], life["reassigned"], "warnings" in life) == ("城管局", 1, 1, False)
    assert found["events"][2]["note"] == "改派：路段归城管"


def test_a_reply_after_the_closing_leaves_it_closed(client):
    post(client, "/v1/requests", requests=[asked(1)])
    post(client, "/v1/events", events=[happened(1, "办结", 2)])
    reply = {"channel": "hotline", "id": "LX1", "reply": "补充说明一下", "reply_time": at(3)}
    post(client, "/v1/replies", replies=[reply])
    assert ids(client, status="closed") == ["LX1"]


def test_unknown_keys_of_an_item_are_named_with_what_they_should_be(client):
    (saved,) = post(client, "/v1/requests", requests=[asked(1, chanel="x")])
    assert saved["warnings"] == ["不认识的字段 chanel,没有使用;应为 channel"]
    right = {"channel": "hotline", "id": "LX1", "reply": "已收悉", "reply_time": at(1)}
    bad = {"channel": "hotline", "id": "LX1", "text": "已收悉"}
    fine, dated, error = post(client, "/v1/replies", replies=[right, {**right, "time": at(1)}, bad])
    assert "warnings" not in fine
    assert dated["warnings"] == ["不认识的字段 time,没有使用;应为 reply_time"]
    assert "应为 reply" in error["warnings"][0]
    assert "error" in error
    (event,) = post(client, "/v1/events", events=[happened(1, "办结", 2, unti="街道办", 甲="乙")])
    assert "应为 unit" in event["warnings"][0]
    assert "可用的字段是" in event["warnings"][1]
    (article,) = post(client, "/v1/posts", posts=[{"id": "t", "account": "某街道", "title": "通报", "content": "x"}])
    assert article["warnings"] == ["不认识的字段 content,没有使用;应为 body"]
    (judged,) = post(client, "/v1/triage", requests=[asked(2, titel="x")])
    assert judged["warnings"] == ["不认识的字段 titel,没有使用;应为 title"]
    ExternalReplies.model_validate({"results": [fine, dated, error]})
    ExternalEvents.model_validate({"results": [event]})


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("受理 登记 接件 立案 创建", "received"),
        ("派单 交办 转办 派遣 分派 下派 改派 转派 重新派单", "dispatched"),
        ("退回 退单 退件 驳回 驳回（退回）", "returned"),
        ("答复 回复 反馈 反馈结果", "replied"),
        ("办结 结案 归档 办理完毕 关闭 已办结", "closed"),
        ("重办 重新办理 二次办理 激活", "reopened"),
        ("回访 电话回访 满意度回访", "called_back"),
    ],
)
def test_words_of_event_exports_are_steps(words, kind):
    assert {w: read_event_words({"type": w})["type"] for w in words.split()} == dict.fromkeys(words.split(), kind)
    assert not any(is_ignored_step(w) for w in words.split())


def test_steps_that_change_nothing_are_told_from_unknown_words():
    words = ["签收", "接单", "已签收", "核实", "审核", "审批", "转阅", "备案", "延期申请", "催办", "阶段反馈"]
    assert all(is_ignored_step(w) for w in words)
    assert not any(is_ignored_step(w) for w in ("吃饭", "", "已", "closed"))


def test_the_document_describes_the_bulk_routes(client):
    paths = client.get("/openapi.json").json()["paths"]
    for name in ("events", "replies"):
        body = paths[f"/v1/{name}"]["post"]["requestBody"]["content"]["application/json"]["schema"]
        assert {"id", "channel"} <= set(body["properties"][name]["items"]["properties"])
    asked_by = {p["name"] for p in paths["/v1/requests"]["get"]["parameters"]}
    assert {"id", "status", "overdue", "returned", "solved"} <= asked_by
