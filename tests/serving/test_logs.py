"""Logs are JSON, carry the id of the request, and hold neither texts nor query strings."""

from __future__ import annotations

import io
import json
import logging
import time

import pytest

from serving.logs import configure_logging, describe_exception
from serving.notices import NoticeHandler


@pytest.fixture
def lines():
    root, stream = logging.getLogger(), io.StringIO()
    kept = root.handlers[:], root.level
    configure_logging("info")
    root.handlers[0].setStream(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers, root.level = kept


def test_a_line_is_one_json_object_with_its_fields(lines):
    logging.getLogger("x").info("digest built", extra={"issues": 12})
    (line,) = lines()
    assert (line["event"], line["issues"], line["level"]) == ("digest built", 12, "info")


def test_an_error_is_logged_without_its_message(lines):
    try:
        raise ValueError("居民的话")
    except ValueError:
        logging.getLogger("x").exception("failed")
    (line,) = lines()
    assert line["error"]["type"] == "ValueError"
    assert "居民的话" not in json.dumps(line, ensure_ascii=False)


def test_the_places_of_an_error_are_named():
    with pytest.raises(KeyError) as caught:
        raise KeyError("x")
    assert "test_logs.py" in describe_exception(caught.value)["at"][-1]


def test_access_is_logged_with_the_id_and_without_the_query(client, lines):
    client.get("/v1/requests?channel=secret-channel", headers={"X-Request-Id": "trace-7"})
    give_up = time.monotonic() + 10
    # The line is written when the answer is already on its way.
    while not (found := [line for line in lines() if line["event"] == "request"]) and time.monotonic() < give_up:
        time.sleep(0.01)
    assert [(line["path"], line["status"], line["request_id"]) for line in found] == [("/v1/requests", 200, "trace-7")]
    assert "secret-channel" not in json.dumps(found)


def test_a_command_shows_a_site_problem_in_words(capsys):
    record = logging.LogRecord("serving.state", logging.WARNING, "", 0, "site table", None, None)
    record.table, record.row, record.problem = "gazetteer.csv", 78, "同名两处"
    NoticeHandler().emit(record)
    assert capsys.readouterr().err == "提醒:站点表 gazetteer.csv 第 78 行:同名两处\n"
