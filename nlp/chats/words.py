"""What the words of a chat message say it is: a matter of public life, agreement, thanks, trade, small talk.

Word lists were written for this purpose and checked against the invented logs of tests/nlp/data/chats other than
`heldout`; no list was learned from real chats.
"""

from __future__ import annotations

import re
from functools import cache

from nlp.signals import SignalLexicon, find_signals

# What residents' matters are about. A message may touch several; two messages that share one may be one matter.
_SUBJECTS = {
    "lift": r"电梯|\d号梯|按键|困梯|维保|(?:爬|走)楼",
    "door": r"门禁|单元门|指纹|刷卡|刷不开|锁死|人脸识别|道闸|保安|门岗",
    "water": r"停水|自来水|没水|断水|来水|水压|水管|水费|水厂|水表|二次供水|水箱|浑水|水质|"
    r"水[这么很太]*小|没有水|水.{0,3}没来|水[更很发]*[黄浑]|(?:一滴|没)水",
    "power": r"停电|跳闸|变压器|电压|断电|供电|电表|没电|电费|带不动|增容|电线",
    "fire_risk": r"飞线|充电|电瓶(?!车)|消防通道|堆物|消防|灭火|着火|起火|冒烟",
    "heat": r"暖气|供暖|供热|室温|地暖|热力",
    "gas": r"燃气|煤气|天然气",
    "drain": (
        r"下水|污水|积水|(?<!供)排水|化粪|井盖|返水|反水|反上来|管道堵|漏水|渗水|集水井|抽水|雨水|内涝|疏通|淹|"
        r"漫进|黄水"
    ),
    "waste": r"垃圾|厨余|清运|环卫|苍蝇|公厕|厕所|粪|蟑螂|老鼠",
    "air": r"油烟|排烟|烟熏|臭味|异味|废气|化工味|粉尘|扬尘|烧烤|味[儿道]?(?:冲|大|重)|刺鼻|熏",
    "river": r"偷排|河水|河道|河里|鱼塘|养[猪鸡牛]场|水[更很发]*[黑臭]|排污|河上游",
    "noise": r"噪[音声]|扰民|弹琴|钢琴|音响|低音炮|KTV|棋牌|麻将馆|广场舞|深夜|半夜|隔音|睡不[着好]|午睡",
    "works": r"施工|电钻|装修|砸墙|敲墙|承重墙|渣土|打桩",
    "road": r"村道|路面|坑[洼]?|破损|修路|硬化|塌陷|人行道|盲道|坡道|桥头|断头路",
    "lamp": r"路灯|灯不亮|没灯|楼道灯|照明",
    "traffic": (
        r"堵车|堵成|拥堵|又堵|照样堵|一样堵|红绿灯|斑马线|交警|护学岗|违停|隔离桩|货车|机动车道|让行|接送|装卸位"
    ),
    "parking": r"停车|车位|占道|车库|地库|僵尸车|挪车|堵.{0,3}门",
    "bus": r"公交|班车|地铁|站牌|站台|末班",
    "property": r"物业费|维修基金|公共收益|业委会|收费标准|公示栏|明细",
    "estate": r"房产证|产权证|办证|不动产|交房|开发商|烂尾|延期交|宅基地|确权",
    "building": r"外墙|墙皮|脱落|裂缝|开裂|漏雨|屋顶|围栏|护栏|栏杆|坍塌",
    "water_side": r"水池|水塘|河边|溺水|警戒带",
    "school": r"学区|划片|划到哪|入学|学位|招生",
    "homework": r"作业|减负|补课|家长批改|校服|老师[打骂]",
    "care": r"托管|退费|培训(?:班|机构)|预付|办[的了]?卡|跑路",
    "food": r"食堂|拉肚子|吐了|变质|过期|食物中毒|留样|不适",
    "health": r"卫生室|卫生院|医保|报销|社区医院|[开拿买]药|挂号|医生",
    "wages": r"工资|欠薪|欠款|欠[我他]们|货款|工钱|合作社",
    "allowance": r"补贴|补发|低保|社保|养老金|补助|五保|认证",
    "farm": r"秸秆|打捆|收割|灌溉|麦子|征地|青苗|农药",
    "rent": r"房租|房东|清退|租金|涨租|转让费",
    "stalls": r"摆摊|摊位|摊点|城管|修鞋|修车摊|占道经营|罚了|罚款",
    "pets": r"(?:遛|野|恶|流浪)狗|狗[叫咬屎]|不牵绳|流浪猫",
    "trees": r"树[枝挡倒遮]|修枝|修剪|绿化|花坛|踩踏",
    "security": r"偷[了电车东]|小偷|被盗|监控|治安|诈骗|高空抛物",
    "network": r"宽带|信号|基站|断网|掉线|快递柜|驿站|丢件",
    "papers": r"居住证|身份证|户口|落户|营业执照|暂住证|签证|护照|结婚证|准生证",
    "missing": r"走失|走丢|寻人|失踪|帮忙(?:留意|找)",
    "rescue": r"抢修|报修|没人来修",
}
_SUBJECT = {name: re.compile(pattern) for name, pattern in _SUBJECTS.items()}
_PROBLEM = re.compile(
    r"进水|没领到|停了|停运|停[水电气暖]|断[水电气了]|没[水电气暖了]|没有了|断[的掉]|这么[小慢脏差贵少]|[冲拉]不动|坏[了掉]|"
    r"坏的?快|失灵|不亮|全黑|不[通转弹响]|漏|渗|堵|淹|积水|冒|反上来|漫|塌|倒了|裂|脱落|掉下|松动|生锈|破|烂|"
    r"臭|难闻|刺鼻|呛|熏|脏|味|黑水|发黄|黄了|沙|苍蝇|噪|吵|震|响|闹|扰民|睡不|怎么睡|没法|不敢|受不了|忍|"
    r"没人[管来修理]|不管|推[诿脱来]|踢皮球|扯皮|不理|不修|拖[了着到]|没下文|没消息|没影|还没|迟迟|多久了|至今|"
    r"照旧|照样|"
    r"摔|滑倒|打滑|受伤|肿|断两根|吓|危险|隐患|出人命|出了?事|安全|拉肚子|吐|过敏|中毒|着火|起火|烧坏|跳闸|触电|"
    r"电线露|露出来|"
    r"乱[停收扔扣摆占罚]|占[了满道着完]|被占|强[占制]|违[建规停法]|偷[排拍倒工]|欠|拖欠|不给|不退|只退|克扣|"
    r"涨[了一价]|乱收费|多收|吃回扣|罚|收走|清退|断电|"
    r"投诉|举报|报警|报过|反映|维权|曝光|打(?:过|了)?(?:[\u4e00-\u9fff]{1,4})?电话|12345|12315|没见|撤了|改道|"
    r"锁死|锁着|被关|卡[住过]|刷不开|"
    r"太[小少慢贵差]|不[够公平合理]|等了|跑了|白[等跑]|没[有]?(?:发|来|修|改|装|填|人)|走了|查不到|少了|停发|"
    r"不发|翻了|翻沟|误了|废了|赶不上|回不来|[就只]剩|看不清|一闪|不够|没地|误事|辞工|不愿|受罪|遭罪|不方便|"
    r"绕[着到]|挡|遮|裸露|断裂|缺[水电少]|掉[了进落]|滴水|烂尾|逾期|延期|违约|黑心|假货|短斤|霸王|强制|不让|"
    r"不予|不批|退不了|办不|打不通|没回音|敷衍|踩空|绊|碰到|剐|咬|砸|不热|不暖|冻|不满意|凭什么|瞎|骗|倒掉|晃"
)
_ASK = re.compile(
    r"请问|请教|咨询|求助|求问|问[一]?下|问问|想知道|有谁|能否|可否|何时|是否|要不要|(?:啥|什么)情况|咋回事|"
    r"谁能|谁知道|有人知道|有知道|知道.{0,6}[吗不]|能不能|可不可以|是不是|有没有|到底|什么时候|啥时候|哪天|几号|"
    r"多久|怎么办|咋办|怎么回事|怎么[这那]|"
    r"怎么(?:停|少|还|没|又)|找哪个|找谁|哪个部门|归谁|谁[管负来]|谁负责|谁来赔|为什么|为啥|凭什么|按什么|"
    r"吗[??。]?$|么[??]$|要求|希望|建议|应该|请.{0,4}(?:处理|解决|修|查|管)|能[补装修管]|装几|"
    r"公示|公布|解释|准信|给个说法|活路|不是说|说好的|[??]"
)
# Public doings that no one minds: what is left of a message after these decides.
_TRADE = re.compile(
    r"团购|拼团|拼单|拼车|顺风车|包邮|接龙(?:下单|订)|秒杀|促销|特价|优惠|打折|[一二三四五六七八九半\d]折|半价|"
    r"第二杯|一元|送货|到店|打卡|新品|下单|现货|批发|\d{2,}(?:元|块)?[一/]?(?:箱|斤|份|盒|只)|"
    r"私聊|加微信|专业(?:搬家|疏通|开锁|维修|保洁|贴膜)|转让(?!费)|闲置|[八九]成新|出[一个]+|出售|求购|收购旧|"
    r"招聘|招[工人]|诚聘|求推荐|推荐.{0,8}(?:公司|师傅|老师|医生|饭店)|"
    r"有没有一起(?:团|订|买|拼|去)|订一份|来一[箱份斤]|给我(?:也)?留|也要一[份箱]|要的(?:接龙|报名|联系)|三缺一|"
    r"差一个|养生"
)
_TRADE_STRONG = re.compile(
    r"包邮|团购|拼团|秒杀|私聊|加微信|专业(?:搬家|疏通|开锁)|促销|半价|量大从优|转发.{0,4}(?:领|抽)|扫码(?:领|进群)"
)
_GREETING = re.compile(
    r"^(?:各位|大家|亲们|家人们|邻居们|乡亲们|家长们|群友们|@所有人|[早晚午]|上|下|中|安|好|呀|啊|哦|呢|都|新年|"
    r"节日|周末|快乐|愉快|祝|元旦|中秋|国庆|端午|春节|您|你|们|在吗|在|吗|"
    r"Hi|hi|hello|Hello|早上|晚上|中午|下午|上午|家长|邻居|老师|哈|嗨|新邻居|请?多多?关照|欢迎|新人|进群|入群|"
    r"[,,。.!!~～、\s])+$"
)
_WISHES = re.compile(
    r"生日快乐|岁生日|新婚|恭喜|祝.{0,12}(?:快乐|幸福|安康|健康|平安|顺利|愉快|大吉)|早生贵子|沾沾?喜|满月酒|"
    r"喜糖|节日快乐|新年好|给.{0,4}拜年|早安|晚安|早上好|欢迎.{0,6}(?:新|加入)"
)
_THANKS = re.compile(
    r"^(?:好的?|好嘞|嗯|哦|行|那行|收到|知道了|明白了?|了解|ok|OK|Ok|谢谢?|多谢|感谢|辛苦了?|麻烦了?|您|你|"
    r"大家|各位|太|了|啊|呀|哈|哥|姐|叔|师傅|老师|老板|学校|物业|社区|村委|"
    r"[\u4e00-\u9fff]{1,2}(?=[姐哥叔姨工])|来了|有水了|有电了|亮了|修好了|来电了|我去看看|看到了|是我的|非常|"
    r"给力|点赞|费心了?|[,,。.!!~～、\s])+$"
)
_RECEIPT = re.compile(r"^(?:好的?|嗯|收到|知道了|明白|了解|ok|OK|已阅|在的?|您好|你好|稍等|请稍等|[,,。.!!~～、\s])+$")
_AGREE = re.compile(
    r"^(?:(?:\+|加|➕)\s?[1一]|同求?|顶|对[呀啊的]?|是的?[呀啊]?|就是|没错|确实|支持|赞[同成]|同意|附议|"
    r"说得?对|说的对?|同感|可不是|天天这样|一样|俺也一样|我也(?:是|一样|想知道)?|也是|我[们家]*也[是一]样?|"
    r"俺[们家]*也是?|强烈(?:支持|要求|建议)?|(?:同求|支持|赶紧|强烈支持|要求)(?:解决|整治|处理|取缔|严查|整改|"
    r"管管|修)?|每次都这样|每次下雨都这样|(?:上次|以前|去年)也(?:是)?这样|真的?|必须的?|求解决|关注|蹲|"
    r"[,,。.!!~～、\s了吧啊呀])+$"
)
_ALSO = re.compile(r"也[是没有停坏断漏堵这带不贴]|也|同样|一样|俱是|都(?:停|没|坏|贴|收到)|还有|附议|同求|\+1")
_JOKE = re.compile(
    r"哈哈|嘿嘿|嘻嘻|呵呵|hhh|\[(?:偷笑|坏笑|捂脸|破涕为笑|吃瓜|旺柴|呲牙|doge|奸笑|憨笑)\]|笑死|吃瓜|段子"
)
_SMALL_TALK = re.compile(
    r"吃(?:了[吗没么]|啥|什么)|中午吃|晚上吃|吃火锅|端碗|菜价|电视剧|剧透|球赛|看球|国足|打球|打牌|麻将(?!馆)|"
    r"斗地主|跳舞|广场跳|赶集|限行|尾号|天气|降温|加衣|下雪了?吗|几度|烤串|"
    r"谣言|震惊|谁丢|捡到|失物|喜事|卖完了"
)
_LINK = re.compile(r"^\[(?:链接|小程序|文件|视频号|聊天记录|音乐)\]|^https?://\S+$")
_MEDIA = re.compile(
    r"[\[【<(](?:图片|照片|语音|视频|表情|动画表情|文件|位置|链接|名片|小程序|红包|转账|聊天记录|语音通话|"
    r"视频通话|image|Image|photo|video|voice|sticker|[\u4e00-\u9fffA-Za-z]{1,6})[^\]】>)\n]{0,20}[\]】>)]"
)
_EVIDENCE = re.compile(r"[\[【<](?:图片|照片|视频|语音|文件|image|Image|photo|video|voice)")
_NOTICE = re.compile(
    r"温馨提[示醒]|【.{2,10}】|通知[::]|^各位(?:居民|业主|村民|家长|邻居|商户).{0,60}(?:请|欢迎|参加)|"
    r"请各[户组位]|严禁|请提前|请关好|欢迎参加|^明[日天]"
)
_NUMBER = r"(?:[A-Za-z]?\d{1,3}|[一二三四五六七八九十]{1,3})"
_PLACE = re.compile(
    rf"{_NUMBER}(?:号?[栋幢座]|号楼|单元|组|区|班|期|队|号门)|[BFbf]\d|[东西南北]门|[\u4e00-\u9fff]{{2,4}}(?:路|"
    rf"街|巷|桥|社区|小区|花苑|苑|村)(?![\u4e00-\u9fff]?名)"
)
_BUILDING = re.compile(r"((?:\d{1,3}|[一二三四五六七八九十]{1,2}))(?:号?[栋幢座]|号楼|组)")
_FACT = re.compile(
    r"\d|[一二两三四五六七八九十半]+多?[天月年回次个点分辆户家块元米斤趟层]|星期|礼拜|没|不|无|又|还|更|昨|今|"
    r"上[周个]|打了|报了|问了?|去年|以前|一直|都|我家|我们|刚|[^路经通]过[^来去年]"
)
# Small talk is short; who writes thirty characters into a group tells something. Weights set by hand on those logs
# and on every second chat message of the sample city (datasets/sample).
_TROUBLE, _NAMED, _ASKED, _PLACED, _CALLED, _FACTUAL, _LONG, _IDLE = 1.2, 1.0, 0.8, 0.6, 0.8, 0.3, 0.7, 1.4
_OPENS = 1.8
# Signals (nlp/signals.py) that small talk hardly gives: who says so tells of a trouble, in whatever other words.
_HINTED = 0.8
_DEMAND = re.compile(r"谁来?(?:赔|管|修|负责)|给个(?:说法|准信|交代)|(?:到底|究竟).{1,6}[??]?$|修不修|管不管")
_PHRASE_CHARS = 24
_FILLER = re.compile(r"[\W_]+|[的了吗呢吧啊呀哦嘛么哈]")
_COMMON = frozenset(
    "的了我你他她它是在有不就都也还这那个们吗呢吧啊呀到去来要说给把被和跟很太又没人家里上下一二三四五六七八九十么啥什怎谁多少点能会可以"
)
_CHINESE_DIGITS = {c: str(n) for n, c in enumerate("一二三四五六七八九十", 1)}


def subjects_of(text: str) -> frozenset[str]:
    """Return the subjects a text touches ("lift", "water" …)."""
    return frozenset(name for name, pattern in _SUBJECT.items() if pattern.search(text))


def buildings_of(text: str) -> frozenset[str]:
    """Return the numbers of the buildings and village groups a text names, in Arabic digits."""
    return frozenset(_CHINESE_DIGITS.get(n, n) for n in _BUILDING.findall(text))


def names_a_place(text: str) -> bool:
    return _PLACE.search(text) is not None


def content_pairs(text: str) -> frozenset[str]:
    """Return the pairs of neighbouring characters that carry content, both in no list of function characters."""
    pieces = re.split(r"[^\u4e00-\u9fff]+", text)
    return frozenset(
        p[i : i + 2] for p in pieces for i in range(len(p) - 1) if p[i] not in _COMMON and p[i + 1] not in _COMMON
    )


def bare_words(text: str) -> str:
    """Remove placeholders of pictures, voice and stickers."""
    return _MEDIA.sub("", text).strip()


def shows_something(text: str) -> bool:
    """Say whether a text holds the placeholder of a picture, film, recording or file (not of a sticker)."""
    return _EVIDENCE.search(text) is not None


def content_length(text: str) -> int:
    """Count the characters of a text that are neither punctuation, emoji nor particles."""
    return len(_FILLER.sub("", text))


def opens_a_matter(text: str, *, calls_office: bool = False) -> bool:
    """Say whether a text is a matter of public life by itself: a trouble or a question about something named.

    calls_office: whether it calls an office by @
    """
    length = content_length(text)
    if _TRADE_STRONG.search(text) or length < 5:
        return False
    troubles = len(set(_PROBLEM.findall(text)))
    weight = _TROUBLE * min(2, troubles) + _NAMED * bool(subjects_of(text)) + _ASKED * bool(_ASK.search(text))
    weight += _PLACED * names_a_place(text) + _CALLED * calls_office + _FACTUAL * bool(_FACT.search(text))
    weight += _LONG * (length >= 18) + _LONG * (length >= 30) - _IDLE * _is_idle(text)
    weight += _HINTED * any(s.name in _hints() for s in find_signals(text)) + _LONG * (length >= 40)
    return weight >= _OPENS and (length >= 9 or bool(subjects_of(text)))


def adds_to_a_matter(text: str) -> bool:
    """Say whether a text, said in a matter, has a fact or a demand of its own."""
    if _is_idle(text):
        return opens_a_matter(text)
    if _DEMAND.search(text):
        return True
    signs = bool(_PROBLEM.search(text) or _ASK.search(text) or subjects_of(text) or _FACT.search(text))
    return signs and (content_length(text) >= 6 or bool(buildings_of(text)))


def agrees(text: str) -> bool:
    """Say whether a text only agrees ("+1", 我家也是), with nothing of its own."""
    plain = bare_words(text)
    return _made_of(_AGREE, plain) or (
        bool(_ALSO.search(plain)) and content_length(plain) <= 7 and not buildings_of(plain) and not _ASK.search(plain)
    )


def asks_something(text: str) -> bool:
    return _ASK.search(text) is not None


def is_joke(text: str) -> bool:
    return _JOKE.search(text) is not None


def says_also(text: str) -> bool:
    return _ALSO.search(text) is not None


def is_receipt(text: str) -> bool:
    """Say whether a staff message only says that it was read."""
    plain = bare_words(text)
    return not plain or _made_of(_RECEIPT, plain)


def is_notice(text: str) -> bool:
    return _NOTICE.search(text) is not None


def is_trade(text: str) -> bool:
    return _TRADE.search(text) is not None


def idle_reason(text: str) -> str | None:
    """Say in Chinese why a text can be no request whatever stands around it; None where it may be one."""
    plain = bare_words(text)
    if _LINK.match(text.strip()):
        return "转发的链接或文件"
    if content_length(plain) == 0:
        return "只有图片、语音、表情或符号"
    if _made_of(_GREETING, plain):
        return "问候"
    if _made_of(_THANKS, plain):
        return "致谢或表示收到"
    if _WISHES.search(plain) and not opens_a_matter(plain):
        return "问候或祝福"
    if _TRADE_STRONG.search(plain) or (is_trade(plain) and not opens_a_matter(plain)):
        return "广告、买卖或拼团"
    return None


def _made_of(pattern: re.Pattern[str], text: str) -> bool:
    """Match a list of phrases that repeat; only short texts, for the phrases overlap and long ones would take ages."""
    return len(text) <= _PHRASE_CHARS and pattern.match(text) is not None


@cache
def _hints() -> frozenset[str]:
    needs = SignalLexicon.bundled().needs
    return frozenset(name for need in ("ji", "nan", "chou") for name in needs[need]) | {"court"}


def _is_idle(text: str) -> bool:
    return bool(_SMALL_TALK.search(text) or _WISHES.search(text) or _TRADE.search(text))
