import json

import pytest

from nlp.places import PlaceModel, choose_places
from training.places import bigram_overlap, load_places, train_places

ESTATES = (
    "翠湖苑",
    "金桂园",
    "柳堤府",
    "望江庭",
    "紫竹苑",
    "银杏园",
    "枫林府",
    "月牙庭",
    "石榴苑",
    "青杨园",
    "丹桂府",
    "碧水庭",
)
PROBLEMS = ("电梯坏了没人修", "半夜施工吵得睡不着", "路灯一直不亮", "物业乱收停车费", "楼下烧烤油烟大")


@pytest.fixture
def folders(tmp_path):
    """Rows that name a place in the title, and rows that name none; the project's own folder is empty."""
    rows = [
        {
            "title": f"投诉A{n % 9}区{estate}小区{problem}",
            "text": f"{problem}，请处理。",
            "places": [f"A{n % 9}区{estate}小区"],
        }
        for n, estate in enumerate(ESTATES)
        for problem in PROBLEMS
    ]
    rows += [
        {"title": "咨询", "text": f"请问{problem}该找谁，有没有规定，第{n}次问了。", "places": []}
        for n, problem in enumerate(PROBLEMS)
    ]
    (tmp_path / "requests_silver.jsonl").write_text("\n".join(json.dumps(r) for r in rows), "utf-8")
    (tmp_path / "own" / "requests").mkdir(parents=True)
    return tmp_path, tmp_path / "own"


def test_trained_weights_find_places_of_the_same_shape(folders):
    raw = train_places(load_places(*folders))
    model = PlaceModel.from_json(json.loads(json.dumps(raw)))
    text = "投诉A5区秋月苑小区路灯一直不亮\n请处理。"
    start, end = choose_places(model, text)[0]
    assert bigram_overlap("A5区秋月苑小区", text[start:end]) >= 0.6
    assert raw["metrics"]["place_found"] > 0.6


def test_a_door_number_is_cut_off_the_label(folders):
    shared, own = folders
    row = {"title": "A1区翠湖苑小区5栋603漏水", "text": "", "places": ["A1区翠湖苑小区5栋603"]}
    (own / "requests" / "one.jsonl").write_text(json.dumps(row), "utf-8")
    assert load_places(shared, own)[-1].place == "A1区翠湖苑小区"


@pytest.mark.parametrize(("found", "overlap"), [("翠湖苑小区", 1.0), ("翠湖苑", 2 / 3), ("别处", 0.0)])
def test_overlap_is_the_f1_of_bigrams(found, overlap):
    assert bigram_overlap("翠湖苑小区", found) == pytest.approx(overlap)
