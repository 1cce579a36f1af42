"""Words that stand before and after personal names in requests, and which kind of them stands where."""

from __future__ import annotations

import re

# Before a name. What introduces is followed by a name and hardly anything else; what names, mostly so.
_INTRODUCING = (
    "我叫 名叫 名字叫 名字是 叫做 化名 姓名 实名 联系人 收件人 收货人 申请人 投诉人 举报人 反映人 来电人 "
    "求助人 留言人 报修人 诉求人 户名 署名 签名 登记人 经办人 持卡人 被保险人 投保人 法定代表人 委托人 监护人 "
    "开户人 户主 原名 真名 大名 名为 就叫 他叫 她叫 人叫 位叫 代理人 证人 嫌疑人 报案人 承办人 报告人 控告人 "
    "发起人 实际控制人 学名 小名 全名 登记 收款人 付款人 签字人 签收人 人是 失主 走失者 死者是 落款"
)
_NAMING = "本人 法人 法人代表 当事人 车主 负责人 承包人 借款人 债务人 经手人 受害人 违法人 被告 原告 出借人 创始人"
_ROLES = (
    "业主 住户 租户 租客 房东 房主 老板 老板娘 司机 教练 保安 保洁 保洁员 网格员 物管 管家 民警 辅警 交警 "
    "警官 警察 医生 护士 大夫 老师 校长 园长 班主任 同学 学生 书记 主任 局长 科长 处长 股长 站长 所长 院长 "
    "队长 组长 厂长 村长 镇长 乡长 区长 县长 市长 部长 会长 行长 店长 经理 总监 政委 主管 会计 出纳 支书 "
    "村支书 委员 秘书 干部 干事 法官 律师 师傅 工头 包工头 中介 销售 客服 顾问 村民 居民 邻居 群众 市民 老人 "
    "孤老 病人 患者 死者 伤者 工人 职工 员工 同事 朋友 战友 队员 儿子 女儿 儿媳 女婿 孙子 孙女 外孙 父亲 母亲 "
    "爸爸 妈妈 爷爷 奶奶 外公 外婆 丈夫 妻子 老公 老婆 爱人 哥哥 弟弟 姐姐 妹妹 侄子 侄女 外甥 外甥女 舅舅 "
    "姑姑 叔叔 婶婶 岳父 岳母 公公 婆婆 孩子 小孩 男友 女友 党员 代表 站务员 快递员 骑手 调解员 工作人员 "
    "办事员 协管员 巡查员 护工 月嫂 保姆 阿姨 战士 退役军人 烈士 人员 总经理 董事长 主席 社区 公司 支队 大队 "
    "中队 法院 厂 局 所 科 站 办 同志 先生 女士 大爷 大妈 大姐 大哥 哥 弟 姐 妹 父 母 妻 夫 女 员 长 总 "
    "店主 摊主 户 网格 窗口 前台 科室 班组 居委会 村委会 业委会 委员会 协会 工友 熟人 老乡 小哥 师父 亲戚 "
    "姑父 姨妈 表哥 堂弟 护士长 楼长 组员 股东 院士 书法家 先进 教师 监理 楼管 师 爸 妈 爷 奶 楼栋长 保育员 "
    "技术员 宿管 校医 理发师 厨师 牧民 渔民 农户 贫困户 低保户 工"
)
_VERBS = (
    "我是 找 找到 被 向 对 由 给 跟 和 与 及 让 叫 请 问 是 为 感谢 联系 投诉 举报 表扬 控告 委托 通知 即 有 姓 致 "
    "告 因 替 帮 喊 说 的 谢谢 点名 认识 任命 指派 派 使 把 将 同 如 以 了 到 在 从 称 经 于 有个 有名 位 名 "
    "个 反映 起诉 打 约 求 陪 教 逼 骗 告诉 责令 要求 位叫 其 原"
)
_BEFORE: dict[str, str] = {
    **dict.fromkeys(_VERBS.split(), "verb"),
    **dict.fromkeys(_ROLES.split(), "role"),
    **dict.fromkeys(_NAMING.split(), "naming"),
    **dict.fromkeys(_INTRODUCING.split(), "introduced"),
}
_BY_LAST: dict[str, list[tuple[str, str]]] = {}
for _cue in sorted(_BEFORE, key=len, reverse=True):
    _BY_LAST.setdefault(_cue[-1], []).append((_cue, _BEFORE[_cue]))
# May stand between a cue and the name.
_LINKS = frozenset(" :：“\"'（(-—是为叫的")
CERTAIN = frozenset(("introduced", "naming", "role"))

# After a name.
TITLES = (
    r"先生|女士|小姐|同志|师傅|老师|医生|护士长?|大夫|医师|副?主任|副?局长|副?科长|副?处长|副?站长|副?所长|副?院长|副?校长|副?园长|副?队长|"
    r"副?组长|副?厂长|副?村长|副?镇长|副?乡长|副?区长|副?县长|副?市长|副?省长|副?部长|副?会长|副?行长|店长|班长|副?书记|支书|副?主席|副?总经理|"
    r"副?经理|总监|主管|老板娘?|教练|教授|律师|法官|检察官|警官|警察|民警|辅警|阿姨|叔叔|大爷|大妈|大娘|大嫂|婆婆|老太|老汉|大姐|大哥|大叔|大伯|奶奶|爷爷|伯伯|嫂子|婶子|"
    r"网格员|管家|会计|委员|秘书|干事|工程师|董事长|政委|[姐哥叔姨婶嫂爷伯总工](?![一-鿿]?[程作厂地人资业路])"
)
_PERSONAL = (
    r"[（(](?:业主|男|女|身份|电话|手机|住|\d{1,2}岁|我|1[3-9]\d)|[,，](?:男|女)[,，、。]|[,，、\s]?(?:身份证|电话|手机|联系电话|联系方式)|"
    r"[\s,，:：]{0,2}(?:1[3-9]\d{2}|\d{15}|[A-Z]{1,2}\d{7})|[,，]\d{1,2}岁"
)
_PLACES = (
    r"[路街村镇乡区县市湾冲塘坪桥山岭河湖江港庙寺坡坝洲岗铺店屯寨庄堡垸沟洞园苑城府里巷弄门口堂厂矿院校站馆楼阁塔峰岛井筑邸郡墅庭岸座栋棟期号室]|"
    r"小区|大道|社区|花园|广场|公园|公寓|中学|小学|大学|学校|医院|集团|公司|国际|工业|安置|组(?!长)|大厦|新城|水库|煤矿"
)
_ACTIONS = (
    r"说|称|讲|告诉|答应|承诺|表示|负责|打|骂|收|拿|接|来|去|到|在|要|把|被|将|因|于|对|向|等|一家|夫妇|两人|"
    r"本人|同学|家|住|处|回复|反映|的|投诉|举报|利用|私自|违法|违规|伙同|承包|经营|担任|任|带|叫|让|给|已|还|"
    r"就|也|都|没|不|是|有|用|借|欠|欺|威胁|殴打|霸占|签|开|从|以|名下|为|之|及|[、和与]|工作|办|提|做|作|帮|"
    r"认真|热情|多次|强行|上|下|出|曾|自|推|摔|踢|追|拦|锁|占|砸|堵|偷|骗|逼|赶|吼|恐吓|欺负|辱|抢|扣|卖|买|租|搬|"
    r"失踪|走失|跑|生病|去世|死|受伤|当|请|联系|找|拒|威|两|三|全|又|再|却|才|只|现|目前|一直|一个人|每|经常|"
    r"天天|昨|今天|今年|这|那|她|他|我|你|身|后|很|特别|非常|太|挺|态度|服务|擅自|倒|放|挖|修|建|养|装|拖"
)
_AFTER = re.compile(
    rf"(?P<title>{TITLES})|(?P<personal>{_PERSONAL})|(?P<place>{_PLACES})|(?P<action>{_ACTIONS})"
    r"|(?P<stop>[,，。！!？?；;：:）)\s\"”』」〕…(（]|$)"
)
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")


def kind_before(text: str, start: int) -> str:
    """Say what stands before a name: introduced, naming, role, verb, start (of a text or clause) or before (else)."""
    if start == 0:
        return "start"
    kind = _cue_before(text, start)
    if kind in CERTAIN:
        return kind
    at = start
    while at > 0 and start - at < 2 and text[at - 1] in _LINKS:
        at -= 1
    if at < start:
        linked = _cue_before(text, at)
        if linked in CERTAIN:
            return linked
    if kind:
        return kind
    return "before" if _HAN.match(text, start - 1) else "start"


def kind_after(text: str, end: int) -> str:
    """Say what stands after a name: title, personal, place, action, stop or after (else)."""
    match = _AFTER.match(text, end)
    return (match.lastgroup or "after") if match else "after"


def _cue_before(text: str, end: int) -> str:
    for cue, kind in _BY_LAST.get(text[end - 1 : end], ()):
        if text.endswith(cue, 0, end):
            return kind
    return ""
