from __future__ import annotations

import contextlib
import io
import quopri
import zipfile

import pytest
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.articles import article_id, clean_body, link_id, read_article
from nlp.errors import FileError
from nlp.records import Post

LINK = (
    "https://mp.weixin.qq.com/s?__biz=MzAwMDAwMDAwMQ==&amp;mid=2247000123&amp;idx=2&amp;sn=0a1b2c3d4e5f&amp;chksm=x#rd"
)
WECHAT = f"""<!DOCTYPE html>
<!-- saved from url=(0109){LINK} -->
<html><head><meta http-equiv="Content-Type" content="text/html; charset=UTF-8">
<meta property="og:title" content="柳湾社区:3号楼加装电梯进展来了"><title>柳湾社区:3号楼加装电梯进展来了</title>
<script>var nickname = htmlDecode("柳湾发布"); var ct = "1762650000"; var msg_link = "{LINK}";</script>
<style>.rich_media_content{{overflow:hidden}}</style></head><body id="activity-detail">
<h1 class="rich_media_title" id="activity-name">
 柳湾社区:3号楼加装电梯进展来了
</h1>
<div id="meta_content"><span class="rich_media_meta">原创</span><a id="js_name"> 柳湾发布 </a>
<em id="publish_time">2025年11月09日 09:00</em></div>
<div class="rich_media_content" id="js_content" style="visibility: hidden; opacity: 0;">
<section data-tools="135编辑器" data-id="9001"><section style="text-align:center">
<section style="display: inline-block;">
<p style="font-size:14px"><span>点击上方蓝字关注我们</span></p></section></section></section>
<section><section><section><p style="line-height:1.75em"><span style="color:rgb(62, 62, 62)">不少居民问,</span
><strong>3号楼的电梯</strong>什么时候能用?</p>
</section></section></section><p><br></p>
<p>一、进展&nbsp;&nbsp;如何<br/>地基已经浇完,\u200b正等钢架进场👷‍♂️。</p>
<p style="display: none;"><mp-style-type data-value="3"></mp-style-type>看不见的字</p>
<ul class="list-paddingleft-1"><li><p>11月15日:钢架进场</p></li><li><p>12月20日前:竣工验收</p></li></ul>
<ol><li>资料由社区统一收</li><li>费用分摊表在公告栏</li></ol>
<table><tbody><tr><td colspan="2">费用分摊</td></tr><tr><td><p>楼层</p></td><td><p>每户(元)</p></td></tr>
<tr><td>2层</td><td>8000</td></tr></tbody></table>
<p><img data-src="https://mmbiz.qpic.cn/x/640" alt="电梯井施工现场"><img data-src="y" alt="图片"></p>
<p>联系人在社区服务台<img class="icon_emotion_single" alt="[微笑]">。</p>
<section><p>往期推荐</p><p><a>柳湾社区的停车位怎么分</a></p><p><a>本周停水安排</a></p></section>
<p>编辑:张三 审核:李四</p><p>— END —</p>
<p>预览时标签不可点</p></div>
<div id="js_tags_preview_toast">预览时标签不可点</div>
<div class="rich_media_tool"><a id="js_view_source">阅读原文</a></div>
<div class="qr_code_pc"><p>微信扫一扫<br>关注该公众号</p></div>
<script>window.alert("x")</script></body></html>"""
WECHAT_BODY = """不少居民问,3号楼的电梯什么时候能用?
一、进展 如何
地基已经浇完,正等钢架进场👷‍♂️。
· 11月15日:钢架进场
· 12月20日前:竣工验收
1. 资料由社区统一收
2. 费用分摊表在公告栏
费用分摊
楼层|每户(元)
2层|8000
〔图:电梯井施工现场〕
联系人在社区服务台[微笑]。"""

GOV = """<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312">
<meta name="ArticleTitle" content="关于东岭路积水点改造的说明"><meta name="PubDate" content="2026-11-05 16:20">
<meta name="ContentSource" content="东岭区城市管理局">
<title>关于东岭路积水点改造的说明_东岭区人民政府门户网站</title></head>
<body><div class="nav"><a href="/">首页</a> &gt; <a href="/zwgk">政务公开</a></div>
<h1>关于东岭路积水点改造的说明</h1>
<div>发布时间:2026-11-05 16:20 来源:东岭区城市管理局 浏览次数:132 字号:大 中 小</div>
<div class="TRS_Editor"><style>P{line-height:2}</style><p>　　近期有群众反映东岭路雨后积水。</p>
<p>　　经现场查看,原因是管径偏小,
暴雨时排水不及。</p><p>　　计划于12月底前换成直径60厘米的管道。</p></div>
<div class="footer">版权所有:东岭区人民政府 备案号:某ICP备00000001号</div></body></html>"""
GOV_BODY = """近期有群众反映东岭路雨后积水。
经现场查看,原因是管径偏小,暴雨时排水不及。
计划于12月底前换成直径60厘米的管道。"""


def _mht(page: str, *, link: str) -> bytes:
    text = quopri.encodestring(page.encode()).decode("ascii")
    parts = [
        ("text/html", "8bit", "cid:frame-1", "<html><body>框架里的广告文字一二三四五六</body></html>"),
        ("text/html", "quoted-printable", link, text),
        ("image/png", "base64", "https://mmbiz.qpic.cn/x/640", "iVBORw0KGgo="),
    ]
    head = f"From: <Saved by Blink>\r\nSnapshot-Content-Location: {link}\r\nSubject: =?utf-8?Q?x?=\r\n"
    head += 'MIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n\ttype="text/html";\r\n\tboundary="----B"\r\n\r\n'
    for kind, coding, place, content in parts:
        head += f"------B\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: {coding}\r\n"
        head += f"Content-Location: {place}\r\n\r\n{content}\r\n"
    return (head + "------B--\r\n").encode()


def _saved(document) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _word() -> bytes:
    document = Document()
    document.sections[0].header.paragraphs[0].text = "内部页眉"
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.add_run("梧桐里停水安排说明").bold = True
    document.add_paragraph("发布时间:2026年11月9日 来源:梧桐里社区")
    document.add_paragraph("因管网检修,以下楼栋分时停水。")
    table = document.add_table(rows=3, cols=2)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "停水时段"
    table.cell(1, 0).merge(table.cell(2, 0)).text = "1栋"
    table.cell(1, 1).text, table.cell(2, 1).text = "9时至11时", "14时至16时"
    document.add_paragraph("提前储水", style="List Bullet")
    document.add_paragraph("关好龙头", style="List Number")
    document.add_paragraph("留意通知", style="List Number")
    _add_picture(document.add_paragraph("示意图:"), "停水范围示意图")
    document.add_paragraph("审核:王五")
    return _saved(document)


def _add_picture(paragraph, words: str) -> None:
    inline = parse_xml(f'<wp:inline {nsdecls("wp")}><wp:docPr id="7" name="图片 1" descr="{words}"/></wp:inline>')
    drawing = OxmlElement("w:drawing")
    drawing.append(inline)
    paragraph.add_run()._r.append(drawing)


WORD_BODY = """因管网检修,以下楼栋分时停水。
停水时段
1栋|9时至11时
14时至16时
· 提前储水
1. 关好龙头
2. 留意通知
示意图:〔图:停水范围示意图〕"""
PLAIN = "暖气片不热怎么办\n发布时间:2026-11-08 来源:和平供热站\n\n"
PLAIN += "温度<18℃时请拨打值班电话。\n　　室温 >18 度属正常。\n赞\n在看\n"


def _facts(data: bytes, name: str) -> tuple:
    found = read_article(data, name)
    return found["title"], found["account"], found["published"], found["body"]


WECHAT_FACTS = ("柳湾社区:3号楼加装电梯进展来了", "柳湾发布", "2025-11-09T09:00:00+08:00", WECHAT_BODY)
GOV_FACTS = ("关于东岭路积水点改造的说明", "东岭区城市管理局", "2026-11-05T16:20:00+08:00", GOV_BODY)


@pytest.mark.parametrize(
    ("data", "name", "facts"),
    [
        (WECHAT.encode(), "文章.html", WECHAT_FACTS),
        (_mht(WECHAT, link=LINK.replace("&amp;", "&")), "文章.mhtml", WECHAT_FACTS),
        (GOV.encode("gb2312"), "说明.htm", GOV_FACTS),
        (GOV.encode("utf-8"), "说明.html", GOV_FACTS),  # declares gb2312 and is UTF-8
        (GOV.encode("utf-16"), "说明.html", GOV_FACTS),
        (_word(), "停水.docx", ("梧桐里停水安排说明", "梧桐里社区", "2026-11-09T00:00:00+08:00", WORD_BODY)),
        (
            PLAIN.encode("gb18030"),
            "暖气.txt",
            (
                "暖气片不热怎么办",
                "和平供热站",
                "2026-11-08T00:00:00+08:00",
                "温度<18℃时请拨打值班电话。\n室温 >18 度属正常。",
            ),
        ),
    ],
    ids=["wechat", "mht", "gb2312", "lying charset", "utf-16", "docx", "plain"],
)
def test_body_is_what_a_reader_sees(data: bytes, name: str, facts: tuple) -> None:
    assert _facts(data, name) == facts


def _page(body: str, *, head: str = "") -> bytes:
    content = f'<div id="js_content">{body}</div>'
    return f"<html><head>{head}<title>标题在此</title></head><body>{content}</body></html>".encode()


def test_all_exports_of_one_article_have_one_id() -> None:
    found = {
        read_article(WECHAT.encode(), "a.html")["id"],
        read_article(_mht(WECHAT, link="cid:x"), "b.mht")["id"],
        link_id(LINK),
    }
    assert found == {"wx-2247000123-2-0a1b2c3d4e5f"}


@pytest.mark.parametrize(
    ("link", "wanted"),
    [
        ("https://mp.weixin.qq.com/s/AbCd_1234-efGH56789xyz", "wx-AbCd_1234-efGH56789xyz"),
        ("https://mp.weixin.qq.com/s?__biz=x&sn=abc", "wx-abc"),
        ("https://example.gov.cn/a.html?sn=1&mid=2", None),
        ("http://[::1", None),
        ("", None),
        (None, None),
    ],
)
def test_link_names_the_article(link: str | None, wanted: str | None) -> None:
    assert link_id(link) == wanted


def test_id_of_an_article_survives_how_the_export_writes_it() -> None:
    one = article_id("柳湾发布", "3号楼 电梯进展", "2026-11-09T08:30:00+08:00")
    assert (
        one
        == article_id(" 柳湾发布", "３号楼电梯进展", "2026/11/9 8:31")
        == article_id("柳湾发布", "3号楼电梯进展", "2026年11月9日")
    )
    assert one != article_id("柳湾发布", "3号楼电梯进展", "2026-11-10")
    assert article_id(None, None, None) != article_id("柳湾发布", None, None)


def test_row_is_a_post_of_the_contract() -> None:
    post = Post.from_row(read_article(WECHAT.encode(), "a.html"))
    assert (post.account, post.warnings) == ("柳湾发布", ())


def test_time_is_read_from_a_page_without_scripts() -> None:
    page = _page(
        "<p>今天开始施工,请绕行。</p>",
        head='<meta property="og:article:published_time" content="2026-11-07T08:00:00+08:00">',
    )
    assert read_article(page, "a.html")["published"] == "2026-11-07T08:00:00+08:00"


def test_pictures_without_words_are_told() -> None:
    found = read_article(_page('<p><img data-src="1"></p><p><img alt="640.png"></p>'), "一图读懂.html")
    assert found["body"] == ""
    assert found["warnings"][0] == "正文主要是图片(2 张没有文字说明),没有文字可读"


def test_picture_inside_a_sentence_does_not_break_it() -> None:
    assert (
        clean_body('<p>见<img alt="示意图一">所示。<img title="入口照片"></p>')
        == "见〔图:示意图一〕所示。〔图:入口照片〕"
    )


@pytest.mark.parametrize(
    "notice", ["该内容已被发布者删除", "此内容因违规无法查看", "当前环境异常,完成验证后即可继续访问。"]
)
def test_note_in_an_articles_stead_is_refused(notice: str) -> None:
    page = f"<html><body><div class='weui-msg'><h2>{notice}</h2><p>微信公众平台运营中心</p></div></body></html>"
    with pytest.raises(FileError, match=r"提示页.*打开原文"):
        read_article(page.encode(), "a.html")


def test_page_without_known_marks_gives_its_densest_block() -> None:
    links = "".join(f"<li><a href='#'>栏目{n}</a></li>" for n in range(30))
    page = f"""<html><head><title>夜间施工噪音处理情况 - 平川区政府网</title></head>
    <body><div class="x"><ul>{links}</ul></div>
    <div class="y"><div class="z"><p>平川路夜间施工已责令停止,施工单位承诺二十二时后不再作业。</p>
    <p>后续每晚由执法队巡查一次,直到工程结束。</p>
    </div></div><div>版权所有</div></body></html>"""
    found = read_article(page.encode(), "a.html")
    assert found["title"] == "夜间施工噪音处理情况"
    assert found["body"].split("\n") == [
        "平川路夜间施工已责令停止,施工单位承诺二十二时后不再作业。",
        "后续每晚由执法队巡查一次,直到工程结束。",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "温度<18℃",
        "室温 <18 度且 >10 度",
        "若 a<b 且 b>c 则退费",
        "水压 1<2>0",
        "A&B 两栋, R&D 楼",
        "<通知>明日停水<完>",
        "审核:由街道办审核后公示",
        "编辑部的张老师说:周五开会。",
        "赞",
    ],
)
def test_plain_text_survives(text: str) -> None:
    assert clean_body(text) == text


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("<p>温度<18℃</p>", "温度<18℃"),
        ("&lt;p&gt;甲&lt;/p&gt;&lt;p&gt;乙&lt;/p&gt;", "甲\n乙"),
        ("停水&nbsp;两天 &lt;18℃", "停水 两天 <18℃"),
        ("甲<br>乙<BR/>丙", "甲\n乙\n丙"),
        ("<div>外<div>内</div>外</div>", "外\n内\n外"),
        ('<p style="display:inline-block">01</p><p style="display:inline-block">进展</p>', "01 进展"),
        ("<ol start='3'><li>1、自带序号</li><li>无</li></ol>", "1、自带序号\n4. 无"),
        ("<ul><li>外<ul><li>内</li></ul></li></ul>", "· 外\n· 内"),
        ("<ul style='list-style: none'><li>项</li></ul>", "项"),
        ("<table><tr><td><p>版式</p><p>两行</p></td></tr></table>", "版式\n两行"),
        ("<table><tr><td><table><tr><td>甲</td><td>乙</td></tr></table></td></tr></table>", "甲|乙"),
        ("<table><tr><td rowspan=2>甲</td><td>1</td></tr><tr><td>2</td></tr></table>", "甲|1\n2"),
        ("<pre>第一行\n第二行</pre>", "第一行\n第二行"),
        ("<p onclick='x()'>点<a href='javascript:alert(1)'>这里</a></p><script>bad()</script>", "点这里"),
        ("<p>&lt;script&gt;x&lt;/script&gt;</p>", "＜script>x＜/script>"),
        ("<p>👨‍👩‍👧 全家\u200d福\u200b</p>", "👨‍👩‍👧 全家福"),
        ("正文在此。\n来源:区住建局 编辑:张三 审核:李四\n点个在看", "正文在此。\n来源:区住建局"),
        ("正文在此。\n责编丨张三\n初审丨李 四\n终审 | 区融媒体中心", "正文在此。"),
        ("第一段。\n推荐阅读\n还有一整段正文,有句号。", "第一段。\n推荐阅读\n还有一整段正文,有句号。"),
        ("", ""),
        ("<p></p>", ""),
        ("<div>" * 2000 + "深处" + "</div>" * 2000, "深处"),
    ],
)  # fmt: skip
def test_body_of_a_cell(value: str, wanted: str) -> None:
    assert clean_body(value) == wanted


_PIECES = (
    "<script>|</script>|<|>|&lt;|script|<p|<table><tr><td>|</td>|<li>|<svg>|<!--|-->|]]>|<scr<script>ipt>|<title>|</table>"
    "|&amp;lt;script&amp;gt;|\x00|\ud800|\u200d|<ol start='99999'>|<pre>\n|停水|<img alt='<script>'>|</td></tr>|<math>"
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_PIECES.split("|")) | st.text(max_size=8), max_size=20).map("".join))
def test_no_cell_fails_or_leaves_a_script(value: str) -> None:
    assert "<script" not in clean_body(value).lower()


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="停水三天<>=18℃且 ,。mx/", max_size=40))
def test_every_visible_character_of_plain_text_survives(value: str) -> None:
    assert "".join(clean_body(value).split()) == "".join(value.split())


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=200) | st.integers(0, 37000).map(lambda n: _WORD[:n]),
    st.sampled_from(["a.html", "a.docx", "a.mht", "a.txt"]),
)
def test_any_bytes_are_read_or_refused(data: bytes, name: str) -> None:
    with contextlib.suppress(FileError):
        assert read_article(data, name)["title"] is not None


_WORD = _word()


def _package(**parts: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "message"),
    [
        (b"", "a.html", "空文件"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "a.doc", "另存为 .docx"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "a.docx", "密码"),
        (_WORD[:5000], "a.docx", "不是完整的 Word 文档"),
        (_package(**{"xl/workbook.xml": b"<x/>"}), "a.docx", "像是表格"),
        (_package(**{"word/document.xml": b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"}), "a.docx", "实体定义"),
        (_package(**{"word/document.xml": b"<x/>", "word/media/a.bin": bytes(129 * 2**20)}), "a.docx", "128 MB"),
        (_package(**{"word/document.xml": b"<x/>"}), "a.docx", "不是完整的 Word 文档"),
        (b"<html><body>text</body></html>", "a.docx", "扩展名与内容不符"),
        (b"%PDF-1.7 ...", "a.html", "像是PDF"),
        (b"<!DOCTYPE html [<!ENTITY a 'bomb'>]><html><body>&a;</body></html>", "a.html", "实体"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=B\r\n\r\n--B\r\n", "a.mht", "没有网页"),
        ("<html><body><a href='/'>首页</a></body></html>".encode(), "a.html", "没有正文"),
        (b"<html><body>" + bytes(range(128, 256)) * 40 + b"</body></html>", "a.html", "编码"),
        (b"<div>" * 3000 + b"x", "a.html", "层次过深"),
    ],
)  # fmt: skip
def test_what_is_no_article_is_refused_in_plain_words(data: bytes, name: str, message: str) -> None:
    with pytest.raises(FileError, match=message):
        read_article(data, name)


def test_word_title_style_content_controls_and_deleted_text() -> None:
    document = Document()
    document.add_paragraph("某某街道办事处")
    document.add_paragraph("关于充电桩建设的答复", style="Title")
    kept = document.add_paragraph("计划新建充电桩二十个。")
    control = parse_xml(f"<w:sdt {nsdecls('w')}><w:sdtContent/></w:sdt>")
    kept._p.addprevious(control)
    control[0].append(kept._p)
    deleted = parse_xml(f"<w:del {nsdecls('w')}><w:r><w:delText>删去的话</w:delText></w:r></w:del>")
    kept._p.append(deleted)
    hidden = kept.add_run("隐藏的话")
    hidden.font.hidden = True
    document.add_paragraph("二〇二六年十一月九日")
    found = read_article(_saved(document), "答复.docx")
    assert found["title"] == "关于充电桩建设的答复"
    assert found["body"] == "某某街道办事处\n计划新建充电桩二十个。\n二〇二六年十一月九日"
    assert found["published"] == "2026-11-09T00:00:00+08:00"
    assert found["warnings"] == ["没有找到公众号名称或来源"]


def test_file_name_is_the_title_of_last_resort() -> None:
    found = read_article(_page("<p>今天开始施工,请绕行。</p>").replace("标题在此".encode(), b""), "绕行通知.html")
    assert (found["title"], found["warnings"][0]) == ("绕行通知", "没有找到标题,用文件名代替")


def test_word_counts_the_numbers_that_only_the_list_holds() -> None:
    document = Document()
    numbering = document.part.numbering_part.element
    level = '<w:lvl w:ilvl="0"><w:start w:val="9"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl>'
    numbering.insert(0, parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77">{level}</w:abstractNum>'))
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))
    document.add_paragraph("答复说明", style="Title")
    for text in ("查漏", "补管", "回访"):
        properties = document.add_paragraph(text)._p.get_or_add_pPr()
        properties.append(parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="0"/><w:numId w:val="77"/></w:numPr>'))
    assert read_article(_saved(document), "a.docx")["body"] == "九、查漏\n十、补管\n十一、回访"


def test_word_text_box_is_read_once() -> None:
    box = "<w:txbxContent><w:p><w:r><w:t>框内提示</w:t></w:r></w:p></w:txbxContent>"
    spaces = nsdecls("w", "wp", "a") + ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    spaces += ' xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
    shape = f'<w:drawing><wp:inline><wp:docPr id="1" name="文本框"/><wps:txbx>{box}</wps:txbx></wp:inline></w:drawing>'
    twice = f'<mc:Choice Requires="wps">{shape}</mc:Choice><mc:Fallback><w:pict>{box}</w:pict></mc:Fallback>'
    document = Document()
    document.add_paragraph("答复说明", style="Title")
    run = document.add_paragraph("正文一句。").add_run()
    run._r.append(parse_xml(f"<mc:AlternateContent {spaces}>{twice}</mc:AlternateContent>"))
    found = read_article(_saved(document), "a.docx")
    assert found["body"] == "正文一句。\n框内提示"
    assert not any("图片" in warning for warning in found["warnings"])


def test_old_site_of_nested_tables_without_meta() -> None:
    page = """<html><head><meta charset=gb2312><title>供热问答 | 山南供热网</title></head><body><table><tr><td>
    <table><tr><td><a href=x>首页</a></td><td><a href=y>新闻</a></td></tr></table></td></tr><tr><td>
    <table><tr><td><h1>今冬供热问答集</h1></td></tr><tr><td>日期:2026-11-01 来源:山南供热公司 阅读:88</td></tr>
    <tr><td id="zoom"><font>问:几号开始供热?<br>答:十一月十五日零时起。</font><br>
    问:室温<18℃怎么办?<br>答:拨打服务热线,二十四小时内上门测温。</td></tr></table></td></tr></table></body></html>"""
    assert _facts(page.encode("gb18030"), "a.htm") == (
        "今冬供热问答集",
        "山南供热公司",
        "2026-11-01T00:00:00+08:00",
        "问:几号开始供热?\n答:十一月十五日零时起。\n问:室温<18℃怎么办?\n答:拨打服务热线,二十四小时内上门测温。",
    )


def test_time_of_an_event_is_not_the_time_of_the_article() -> None:
    text = "义诊活动预告\n时间:2026年11月15日 9:00\n地点:社区广场\n欢迎居民参加。\n"
    found = read_article(text.encode(), "义诊.txt")
    assert (found["published"], found["body"]) == (None, text.partition("\n")[2].strip())


def test_headline_date_and_related_links_inside_the_article_element_are_no_words_of_it() -> None:
    page = """<html><body><article><header><h1>河东路绿化带改停车位方案公示</h1>
    <time datetime="2026-11-03T09:00:00+08:00">3日</time></header><p>方案拟新增停车位42个,公示期七天。</p>
    <figure><img src=a alt="方案平面图"><figcaption>图1</figcaption></figure>
    <aside>相关链接</aside></article></body></html>"""
    assert _facts(page.encode(), "a.html") == (
        "河东路绿化带改停车位方案公示",
        None,
        "2026-11-03T09:00:00+08:00",
        "方案拟新增停车位42个,公示期七天。\n〔图:方案平面图〕\n图1",
    )


def test_page_whose_article_is_drawn_by_scripts_gives_its_description() -> None:
    meta = '<title>一图看懂供暖</title><meta property="og:description" content="十问\\x0a第一问:何时供暖">'
    script = (
        '<script>var nickname="海棠发布"; var ct="1762650000"; var msg_link="https://mp.weixin.qq.com/s?sn=ff"</script>'
    )
    found = read_article(f"<html><head>{meta}</head><body><div><img></div>{script}</body></html>".encode(), "a.html")
    assert (found["id"], found["account"], found["body"]) == ("wx-ff", "海棠发布", "十问\n第一问:何时供暖")


def test_word_file_whose_parts_contradict_each_other_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_WORD)) as old, zipfile.ZipFile(stream, "w") as new:
        for part in old.namelist():
            content = old.read(part)
            new.writestr(part, b"<x/>" if part == "word/document.xml" else content)
    with pytest.raises(FileError, match="不是完整的 Word 文档"):
        read_article(stream.getvalue(), "a.docx")


def test_the_source_is_the_whole_name_of_the_account() -> None:
    found = read_article("停水通知\n来源：东屏区发布\n明天停水一天。\n".encode(), "停水.txt")
    assert found["account"] == "东屏区发布"


def test_credits_of_many_shapes_are_dropped_and_sentences_stay() -> None:
    for line in ("编辑:张三审核:李四", "撰稿:区住建局 编辑:张晓站 李四;审核:编辑部", "编辑:张三/李四 审核:王五"):
        assert clean_body(f"正文在此。\n{line}") == "正文在此。"
    assert clean_body("正文在此。\n编辑:张三说,周五开会,请大家都来") == "正文在此。\n编辑:张三说,周五开会,请大家都来"
