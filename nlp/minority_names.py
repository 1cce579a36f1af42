"""Names of Uyghur, Tibetan, Mongol, Yi and other origin as they are written in Chinese: 迪丽努尔·艾合买提, 扎西次仁."""

from __future__ import annotations

import re

_SOUNDS = (
    "阿艾安巴柏拜班布边才措达代旦道德迪丁丹登尔多顿额法夫伏噶尕嘎甘格根贡古哈海罕汗赫合花吉加江金卡开坎克肯空库奎拉来兰勒里力丽利林龙鲁"
    "罗洛吕马买麦曼美米明莫木穆那纳乃娜尼努诺帕排潘皮平普其齐恰强钦青曲泉群热仁日如茹若萨赛桑沙莎山什斯苏索塔坦特提铁图吐托陀娃瓦旺威维"
    "卫温翁逊洪呷惹嫫乌吾西希夏辛旭雅亚央杨叶伊依亦益因英尤玉扎泽增者孜卓兹宗珠竹次仓"
)
_DOT = re.compile("[·•・‧]")
_DOTTED = re.compile(rf"[{_SOUNDS}]{{2,7}}(?:[·•・‧][{_SOUNDS}]{{2,7}}){{1,2}}")
_TELLING = re.compile(
    r"古丽|买买提|买合木提|麦麦提|阿卜杜|阿不都|吐尔[逊洪]|库尔班|玉素甫|热合曼|努尔[江古]|木拉提|阿依[夏古努]|"
    r"卓玛|扎西(?!德勒)|次仁|格桑(?!花)|央金|德吉|旺堆|平措|多吉|索朗|其其格|格日勒|巴特尔|娜仁|萨仁|乌云(?=[其塔娜高])|阿木(?=[呷惹])|木[呷惹]|[吉曲]比|尔古|子呷"
)
_SOUND_RUN = re.compile(rf"[{_SOUNDS}]{{1,4}}")
_SOUNDS_BEFORE = re.compile(rf"[{_SOUNDS}]{{1,4}}$")


def find_minority_names(text: str) -> list[tuple[int, int]]:
    """Return spans of names with a dot, and of runs of such syllables that hold a telling one."""
    spans = [m.span() for m in _DOTTED.finditer(text)] if _DOT.search(text) else []
    for match in _TELLING.finditer(text):
        before = _SOUNDS_BEFORE.search(text, max(0, match.start() - 4), match.start())
        after = _SOUND_RUN.match(text, match.end())
        spans.append((before.start() if before else match.start(), after.end() if after else match.end()))
    return spans
