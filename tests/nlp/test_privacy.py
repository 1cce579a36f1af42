"""Invented texts; `{type:…}` marks what must be masked, everything else must stay."""

import re
from itertools import pairwise

import pytest

from nlp.identifiers import is_identity_number, passes_luhn
from nlp.privacy import PLACEHOLDERS, MaskedText, find_personal_data, mask

_MARK = re.compile(r"\{(\w+):([^{}]*)\}")

NUMBERS = [
    "我叫{name:周小满}，手机{mobile:13871204456}，随时可以打。",
    "电话{mobile:138 7120 4456}，微信同号",
    "手机：{mobile:186-0271-3345}（下午三点后）",
    "我的号码是{mobile:+86 15971448820}，人在外地",
    "国内打{mobile:008613971448820}也行",
    "回电请拨{mobile:１５６７１２３４５６７}，谢谢",
    "她的号码{mobile:一三九 七一四四 八八二零}，打字不方便",
    "号码幺三八开头：{mobile:幺三八七一二零四四五六}",
    "联系{mobile:13871204456}或{mobile:15971448820}都可以",
    "家里座机{landline:027-87541236}，白天有人",
    "晚上打我单位{landline:0716-8234567转802}找我",
    "座机号码（{landline:（0731）84567123}），我母亲接",
    "宅电{landline:010-62345671-15}有人接听",
    "家里固话{landline:87541236}，腿脚不便没有手机",
    "我的身份证{id_card:420115198812034025}一直办不下来",
    "身份证号{id_card:370202 19650417 0017}，社保查不到记录",
    "证件号码{id_card:５１０１０７１９９３１１２２７８６１}录错了",
    "老人的身份证还是15位的{id_card:420106550312221}，系统里查无此人",
    "退款打到建行卡{bank_card:621700121008437261}，户名{name:余志刚}",
    "农行卡号 {bank_card:6228 4803 4567 1280}，一直没有到账",
    "我的护照{passport:E81234567}被旅行社扣着不还",
    "护照号是{passport:EJ4512378}，签证过期三天",
    "港澳通行证{permit:C12345678}自助机读不出来",
    "台胞证号{permit:01234567}，银行不给开户",
    "回乡证{permit:H0123456700}买不了票",
    "他的军官证{permit:军字第2035678号}，问优待窗口在哪",
    "黑色轿车{plate:鄂A·7K3Q2}天天堵消防通道",
    "新能源车{plate:鄂AD12345}占着充电位不充电",
    "挂车号牌{plate:豫P8812挂}，夜里从村里过",
    "出租车{plate:湘B T2087}绕路还骂人",
    "材料发到{email:lin.yue88@163.com}，谢谢",
    "邮箱：{email:zhoumin_77@foxmail.com}，照片已传",
    "加我微信{wechat:lily_zhou2019}看现场视频",
    "VX：{wechat:hbxm-886}，照片都在",
    "他的微信号是{wechat:zhaogong_001}，专门收押金",
    "wx号{wechat:wxid_8k2m9q7r}拉黑我了",
    "QQ{qq:734512908}，随时在线",
    "扣扣号码{qq:2839104756}，可以发文件",
]
NAMES = [
    "我叫{name:欧阳小雨}，是三期的业主",
    "本人{name:陈桂芳}，女，六十七岁，腿脚不好",
    "联系人：{name:孙卫国}，下午在家",
    "找{name:李师傅}修了两回都没修好",
    "{name:赵主任}说下周一给答复，到今天没音信",
    "居委会的{name:邓丽华}态度特别好，提出表扬",
    "社区民警{name:罗建平}帮我们找回了孩子",
    "保安{name:黄大海}推搡我母亲",
    "电梯维保员{name:徐亮}每次来都只是看一眼",
    "感谢网格员{name:谭晓芬}和楼长{name:蒋阿姨}",
    "户主{name:白雪}，低保申请交了两个月",
    "村支书{name:彭国富}私自把鱼塘包给亲戚",
    "{name:吴秀英}（租户），房东不退押金",
    "我儿子{name:郑浩然}在二中读初三，班主任{name:何老师}收补课费",
    "投诉人{name:司马光明}，反映楼下烧烤店油烟",
    "患者{name:胡静}，住院号不记得了",
    "烤馕的{name:吐尔逊·买买提}大哥在巷口摆摊，摊位被收走了",
    "我邻居{name:卓玛}不会说普通话，办证跑了四趟",
    "署名：{name:高翔}",
    "老板{name:于洪涛}欠我们七个人工钱",
    "{name:王所长}、{name:李所长}都答应过解决",
    "局长{name:方志敏}接访时承诺年底前动工",
    "申请人{name:段誉}，申请廉租房",
    "医生{name:石岩}，护士{name:江雪}都很负责",
    "工头{name:马国庆}跑了，{name:马国庆}的电话也停机",
    "车主{name:韦一鸣}把车停在我家门口",
    "收件人{name:易欣}，快递放驿站被冒领",
    "申请人{name:许诺}。",
    "我叫{name:向阳}，名字是爷爷起的",
    "前台{name:小谢}说查不到，锅炉工{name:老秦}可以证明",
    "户主{name:赫连铮}，分户手续办了半年",
    "登记：{name:钱一诺}，男，9岁，转学材料齐全",
    "楼下便利店老板{name:钟国强}把纸箱堆在消防通道",
    "麻烦联系一下{name:曾女士}，她第一个报修",
    "{name:孔令辉}（房主）把地下室改成出租屋",
    "原告{name:詹玉凤}和被告{name:詹玉龙}是姐弟",
    "我公公{name:柴怀德}，八十五岁，瘫痪在床",
    "对面二楼{name:张奶奶}家的花盆要掉下来",
    "孩子的班主任{name:卜老师}和数学老师{name:庞婷}都很好",
]
ADDRESSES = [
    "我住锦绣花园{address:12栋1单元1802室}，楼上漏水",
    "家在和平里小区{address:3号楼2单元501}，暖气不热",
    "青山路{address:88号附3号}我家门口的井盖坏了",
    "老家在红旗村{address:3组17号}，路没有通到门口",
    "我是{address:6幢1203}的租户，电梯总停",
    "东湖苑{address:A5栋2-1103}我家阳台渗水",
    "我家{address:1804}，楼上半夜拖桌子",
    "{address:5号楼三单元402室}的住户在楼道堆杂物",
    "家住解放巷{address:27号}，污水倒灌",
    "我家{address:三栋二单元四零二}，卫生间返水",
    "新村路{address:23弄8号}的门禁坏了",
    "我住{address:4楼409房}，对面{address:2楼215房}常年没人",
]
CLEAN = [
    "公司施工到凌晨，方圆几里都听得见，业主高度不满。",
    "打12345转了三次，12315说不归他们管。",
    "公交802路改道以后，老人去医院要走两公里。",
    "供电抢修热线95598，燃气客服400-820-8888都打不通。",
    "街道办公室电话027-87654321一直没人接。",
    "区政务服务中心咨询电话：0716-8123456，上班时间无人接听。",
    "订单号4200001987202410081234567890，退款没有到账。",
    "快递单号SF1384412345678，三天没有更新。",
    "发票代码042001900211，号码18273645，税务窗口不认。",
    "统一社会信用代码91420100MA4KXY1234，注册地址查无此公司。",
    "依据《物业管理条例》第四十六条，请答复。",
    "国发〔2019〕31号文件写得清清楚楚。",
    "补偿款一共1386712元，只到账一半。",
    "桩号K13+871到K14+200段路灯全不亮。",
    "2024年3月15日14:30停水，到16日08:00才来。",
    "3栋和5栋之间的路灯坏了，7号楼前面积水。",
    "一号线三期什么时候通车？6号口一直没开。",
    "身份证420115198812034021是假的，系统提示校验不通过。",
    "短信里显示的是189****0042，号码早就不用了。",
    "张家湾村到李家坝的公路坑坑洼洼，王家桥要塌了。",
    "黄石路、周南中学、向阳小区、白云大道都在修。",
    "由于医生不在，于是改约，任何时候都要排队，时间太长。",
    "我们小区和平花园、金域华府都没有学位。",
    "向书记反映过，向主任也说过，没有结果。",
    "物业经理说没有预算，班主任老师说等通知。",
    "单位员工和包工头说好了，全体党员同志都签了字。",
    "公众号：hbfabu2020 一直推送广告。",
    "业主QQ群和微信群里天天吵，微信支付也用不了。",
    "车站万达广场的海底捞火锅店排烟直冲居民楼。",
    "A市A4区金色家园小区路面塌陷，UU0012345用户也反映过。",
    "K9县许家坪村申请了三年水利项目，高标准农田还没建成。",
    "设备型号GB8702-2014，编号HK20230915001。",
    "举报邮箱jubao@example.gov.cn发不进去。",
    "1栋300多户，2单元18层没有消防水，5楼高空抛物。",
    "我在万家丽路88号的超市买到过期牛奶。",
    "这里5号停电，月底8号又停水，修路15号才结束。",
    "雷锋路口的红绿灯坏了，中山公园和鲁迅路都没灯。",
    "王府井的李宁专卖店不退货，康师傅矿泉水有异物。",
    "江小白广告牌太亮，周黑鸭油烟直排，曹操出行乱收费。",
    "学籍号G320106201309010023一直查不到。",
    "运单15501234567三天没动，手机尾号4417。",
    "短信来自10690012345678，说中奖了。",
    "钟楼区、江岸区、白云机场、黄龙体育中心都有这个问题。",
    "平时都有人，关于这个问题，成立业委会以后严重漏水。",
    "社区的方便窗口、学校的高级教师、医院的全科医生。",
    "孙子替我写的信，游客也多，叶子落了一地。",
    "政务大厅3楼305室找不到人，会议室302也锁着。",
    "",
    "😀😀 13 57 ……",
]


def _parse(marked):
    text, wanted, at = "", [], 0
    for match in _MARK.finditer(marked):
        text += marked[at : match.start()]
        wanted.append((match[1], len(text), len(text) + len(match[2])))
        text += match[2]
        at = match.end()
    return text + marked[at:], wanted


def _found(text):
    return [(e.type, e.start, e.end) for e in find_personal_data(text)]


@pytest.mark.parametrize("marked", NUMBERS)
def test_number_or_account_is_masked_whole(marked):
    text, wanted = _parse(marked)
    assert _found(text) == wanted


@pytest.mark.parametrize("marked", NAMES)
def test_name_is_masked(marked):
    text, wanted = _parse(marked)
    assert _found(text) == wanted


@pytest.mark.parametrize("marked", ADDRESSES)
def test_door_is_masked_and_the_estate_stays(marked):
    text, wanted = _parse(marked)
    assert _found(text) == wanted


@pytest.mark.parametrize("text", CLEAN)
def test_public_text_is_left_alone(text):
    masked = mask(text)
    assert masked.masked == text
    assert masked.entities == ()


def test_every_type_of_the_contract_has_one_placeholder():
    types = "mobile landline id_card bank_card passport permit plate email wechat qq name address"
    assert " ".join(PLACEHOLDERS) == types
    assert len(set(PLACEHOLDERS.values())) == len(PLACEHOLDERS)


def test_masked_text_holds_placeholders_and_the_rest_verbatim():
    masked = mask("我叫周小满，住锦绣花园12栋1单元1802室，电话13871204456。")
    assert masked.masked == "我叫〔姓名〕，住锦绣花园〔门牌号〕，电话〔手机号〕。"
    assert [e.type for e in masked.entities] == ["name", "address", "mobile"]


def test_masking_twice_changes_nothing():
    once = mask("联系人孙卫国，电话13871204456，微信lily_zhou2019").masked
    assert mask(once).masked == once


def _example() -> MaskedText:
    return mask("我叫周小满，住锦绣花园12栋1802，漏水。")


def test_span_outside_placeholders_maps_to_the_same_words():
    masked = _example()
    for words in ("我叫", "锦绣花园", "漏水。", "，住锦绣花园"):
        at = masked.masked.index(words)
        start, end = masked.original_span(at, at + len(words))
        assert masked.original[start:end] == words


def test_span_that_touches_a_placeholder_is_pushed_out():
    masked = _example()
    at = masked.masked.index("锦绣花园")
    start, end = masked.original_span(at, at + len("锦绣花园〔门牌号〕"))
    assert masked.original[start:end] == "锦绣花园"
    start, end = masked.original_span(masked.masked.index("名〕"), masked.masked.index("住") + 1)
    assert masked.original[start:end] == "，住"


def test_span_may_hold_personal_data_inside():
    masked = _example()
    start, end = masked.original_span(0, len(masked.masked))
    assert masked.original[start:end] == masked.original


def test_span_of_a_placeholder_alone_is_empty():
    masked = _example()
    at = masked.masked.index("〔姓名〕")
    start, end = masked.original_span(at + 1, at + 3)
    assert start == end


@pytest.mark.parametrize("span", [(3, 3), (4, 4), (0, 0), (10, 6)])
def test_empty_span_stays_empty_and_inside_the_text(span):
    masked = _example()
    start, end = masked.original_span(*span)
    assert 0 <= start == end <= len(masked.original)


def test_lone_surrogate_does_not_stop_the_search():
    assert [e.type for e in find_personal_data("我叫周小满\ud800，电话13871204456")] == ["name", "mobile"]


def test_covers_says_whether_a_span_overlaps_personal_data():
    masked = _example()
    name = masked.entities[0]
    assert masked.covers(name.start, name.end)
    assert masked.covers(0, len(masked.original))
    assert not masked.covers(0, name.start)
    assert not masked.covers(name.end, name.end + 1)
    assert not mask("没有个人信息").covers(0, 6)


def test_entities_are_sorted_and_never_overlap_on_long_text():
    text = "".join(_parse(m)[0] + "\n" for m in NUMBERS + NAMES + ADDRESSES + CLEAN) * 5
    found = find_personal_data(text)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert len(text) > 10_000


def test_check_digits_follow_the_standards():
    assert is_identity_number("11010820010806152" + "5")
    assert not is_identity_number("110108200108061526")
    assert not is_identity_number("990108200108061525")
    assert passes_luhn("6212264000058137643")
    assert not passes_luhn("6212264000058137640")
