import json
from pathlib import Path

import pytest

from nlp.artifact import Part
from nlp.errors import ConfigError, TaxonomyError
from training.requests import TriageTask
from training.task import DataFolders, Example, TaskConfig

PLACES = (
    "青禾里",
    "松月苑",
    "河东三村",
    "文昌路",
    "老街",
    "北桥头",
    "长乐坊",
    "石榴园",
    "槐树巷",
    "临江路",
    "书香里",
    "东湖边",
)
STORIES = (
    ("{}的电梯里困了人,快来", "求助", "城乡建设/物业管理", {"ji": 1, "urgency": 3, "evidence": ["电梯里困了人"]}),
    ("{}的工地半夜打桩,投诉三次没人管", "投诉", "环境保护/噪声污染", {"nan": 1, "evidence": ["投诉三次没人管"]}),
    ("希望{}能增设一个公交站", "建议", "交通运输/公交与地铁", {"pan": 1, "evidence": ["增设一个公交站"]}),
)
SEVEN = ("城乡建设", "环境保护", "交通运输")


def rows() -> list[dict]:
    found = []
    for n, place in enumerate(PLACES):
        for m, (text, kind, topic, more) in enumerate(STORIES):
            base = {"ji": 0, "nan": 0, "chou": 0, "pan": 0, "urgency": 1, "group": n % 2, "places": [], "evidence": []}
            row = {"id": f"{n}-{m}", "title": "", "text": text.format(place), "kind": kind, "topic": topic}
            found.append({**base, **row, **more})
    return found


def write(path: Path, values: list[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(v, ensure_ascii=False) + "\n" for v in values), "utf-8")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> DataFolders:
    root = tmp_path_factory.mktemp("data")
    labelled = rows()
    write(root / "shared" / "requests_gold_dev.jsonl", labelled[:6])
    write(root / "shared" / "requests_silver.jsonl", labelled[6:24])
    write(root / "own" / "requests" / "forms.jsonl", labelled[24:])
    topics = [
        {"id": f"t{n}", "group": f"g{n}", "title": "", "text": row["text"], "label": SEVEN[n % 3]}
        for n, row in enumerate(labelled)
    ]
    write(root / "shared" / "topic_l1_raw.jsonl", topics[:18])
    write(root / "shared" / "topic_l1_segmented.jsonl", topics[18:])
    return DataFolders(root / "shared", root / "own")


CONFIG = TaskConfig(seed=1, options={"min_documents": 2, "inner_folds": 2})


@pytest.fixture(scope="module")
def examples(folders: DataFolders) -> list[Example]:
    return TriageTask().load(folders)


@pytest.fixture(scope="module")
def parts(examples: list[Example], folders: DataFolders) -> dict[str, Part]:
    return TriageTask().train(examples, folders, CONFIG)


def test_every_source_is_loaded_and_grouped(examples: list[Example], folders: DataFolders) -> None:
    assert {e.source for e in examples} == {
        "requests_gold_dev", "requests_silver", "forms", "topic_l1_raw", "topic_l1_segmented",
    }  # fmt: skip
    assert all(e.group for e in examples)
    assert [p.name for p in TriageTask().files(folders)][-1] == "forms.jsonl"


def test_personal_details_are_masked_on_loading(tmp_path: Path) -> None:
    row = rows()[0] | {"text": "请打13900001234,电梯困人"}
    for name in ("requests_gold_dev", "requests_silver"):
        write(tmp_path / "s" / f"{name}.jsonl", [row])
    for name in ("topic_l1_raw", "topic_l1_segmented"):
        write(tmp_path / "s" / f"{name}.jsonl", [])
    loaded = TriageTask().load(DataFolders(tmp_path / "s", tmp_path / "o"))
    assert all("13900001234" not in e.row["text"] for e in loaded)


def test_the_trained_parts_answer_what_they_were_taught(parts: dict[str, Part], examples: list[Example]) -> None:
    found = TriageTask().predict(parts, examples)
    requests = [(e, p) for e, p in zip(examples, found, strict=True) if "label" not in e.row]
    assert [p["id"] for p in found] == [e.id for e in examples]
    assert all(p["topic"] == e.row["topic"] and p["kind"] == e.row["kind"] for e, p in requests)
    assert all(("ji" in p["labels"]) == (e.row["urgency"] >= 2) for e, p in requests)
    seven = [(e, p) for e, p in zip(examples, found, strict=True) if "label" in e.row]
    assert all(p["topic"] == e.row["label"] for e, p in seven)


def test_training_twice_gives_the_same_bytes(
    parts: dict[str, Part], examples: list[Example], folders: DataFolders
) -> None:
    again = TriageTask().train(examples, folders, CONFIG)
    for name, part in parts.items():
        assert again[name].config == part.config
        assert all((again[name].arrays[key] == value).all() for key, value in part.arrays.items())


def test_weights_are_one_byte_each(parts: dict[str, Part]) -> None:
    assert str(parts["triage"].arrays["weights"].dtype) == "int8"


def test_a_topic_outside_the_taxonomy_is_refused(folders: DataFolders, examples: list[Example]) -> None:
    wrong = [Example("x", {**rows()[0], "topic": "天文/星座"}, "g", "forms"), *examples[:12]]
    with pytest.raises(TaxonomyError, match="天文/星座"):
        TriageTask().train(wrong, folders, CONFIG)


def test_an_unknown_option_is_refused(folders: DataFolders, examples: list[Example]) -> None:
    with pytest.raises(ConfigError, match="ridges"):
        TriageTask().train(examples, folders, TaskConfig(options={"ridges": 1}))
