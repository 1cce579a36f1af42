"""What an import will read: each file and sheet with its kind and channel, or why it is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from nlp.chats import chat_group, is_chat
from nlp.errors import FileError, InputError
from nlp.headers import plain_header, shown_names
from nlp.privacy import mask
from nlp.records import DEFAULT_CHANNEL
from nlp.site import Site
from nlp.tables import ENDINGS, TableView, decode, view_tables
from serving.channels import channel_of, channel_of_columns
from serving.importing.column_hints import hint_columns
from serving.importing.files import (
    ARTICLE_ENDINGS,
    FoundFile,
    check_file,
    explain_failure,
    find_files,
    protect_files,
)
from serving.importing.kinds import KIND_NAMES, ORDER, Kind, match_kind, tell_kind

ARCHIVES = (".zip", ".rar", ".7z", ".gz", ".tar", ".tgz", ".bz2", ".xz")
OLD_WORD = (".doc", ".wps", ".rtf", ".pdf")
OLD_SHEETS = (".ods", ".xlsb", ".numbers")
SITE_TABLES = ("areas", "accounts", "dispatch", "deadlines", "holidays", "topic_codes", "gazetteer")
DEFAULT_CHANNELS = {Kind.chat: "wechat_group", Kind.inbox: "account_inbox"}


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user said about the files; None leaves it to them."""

    kind: Kind | None = None
    channel: str | None = None
    account: str | None = None
    column_map: Mapping[str, str] = field(default_factory=dict)
    id_from_content: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """One file, or one sheet of it, to be read as one kind.

    name: the path inside the folder given, masked; channel: of rows that name none; is_channel_said: by the user;
    shown_sheet: the sheet's name as it may be shown and stored; columns: {index: field};
    area: code of the place that a chat group or inbox belongs to, for messages that name none
    """

    path: Path
    name: str
    kind: Kind
    channel: str = ""
    is_channel_said: bool = False
    account: str = ""
    view: TableView | None = None
    shown_sheet: str = ""
    columns: Mapping[int, str] = field(default_factory=dict)
    area: str = ""

    @property
    def sheet(self) -> str:
        """The sheet's name as it stands in the file: for reading only."""
        return "" if self.view is None else self.view.sheet or ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file or sheet that is not imported, its names masked. `harmless`: nothing of it was meant to be."""

    path: Path
    name: str
    message: str
    sheet: str = ""
    harmless: bool = False
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Sources in the order of import: requests, then what belongs to them, then posts."""

    sources: tuple[Source, ...]
    refusals: tuple[Refusal, ...]


def plan_import(paths: Sequence[Path], choices: Choices, *, site: Site, output: Path | None = None) -> Plan:
    """Look at all files and folders. `output`: what this run will write.

    Raises FileError for a path that is absent, InputError where there is no file, `output` is one of them, or a column
    is named that no file has.
    """
    files = list(find_files(paths))
    if output is not None:
        protect_files(output, paths, files)
    found = [item for file in files for item in _look_safely(file, choices, site)]
    if not found:
        raise InputError("没有找到可导入的文件:请检查文件夹")
    _check_named_columns(found, choices)
    sources = [item for item in found if isinstance(item, Source)]
    sources.sort(key=lambda s: ORDER.index(s.kind))
    return Plan(tuple(sources), tuple(item for item in found if isinstance(item, Refusal)))


def _check_named_columns(found: Sequence[Source | Refusal], choices: Choices) -> None:
    """Raise InputError for a named column that no file has. Lines of .jsonl may hold more than was looked at."""
    if any(item.path.suffix.lower() == ".jsonl" for item in found):
        return
    views = [i.headers if isinstance(i, Refusal) else () if i.view is None else i.view.headers for i in found]
    known = {plain_header(name): name for headers in views for name in headers if name}
    for column in choices.column_map:
        if plain_header(column) not in known:
            raise InputError(f"--map {column}:这些文件里没有「{column}」这一列;有的列:{shown_names([*known.values()])}")


def _look_safely(file: FoundFile, choices: Choices, site: Site) -> Iterator[Source | Refusal]:
    try:
        yield from _look(file, choices, site)
    except FileError as exc:
        yield Refusal(file.path, file.name, mask_message(exc, file.path, file.name))
    except OSError as exc:
        yield Refusal(file.path, file.name, explain_failure(exc))


def mask_message(error: FileError, path: Path, shown: str, *, source: Source | None = None) -> str:
    """Return the message with the names of file and sheet as they may be shown."""
    message = str(error).replace(path.name, Path(shown).name)
    return message.replace(source.sheet, source.shown_sheet) if source is not None and source.sheet else message


def _look(file: FoundFile, choices: Choices, site: Site) -> Iterator[Source | Refusal]:
    path, name = file.path, file.name
    ending = path.suffix.lower()
    if ending == ".csv" and path.stem.lower() in SITE_TABLES and choices.kind is None:
        yield Refusal(path, name, "站点表,不在这里导入:用 --site 目录 指定", harmless=True)
        return
    if ending == ".md" and choices.kind is None:
        yield Refusal(path, name, "说明文件", harmless=True)
        return
    is_article = ending in ARTICLE_ENDINGS and choices.kind in (None, Kind.posts, Kind.articles)
    if not is_article and ending not in (*ENDINGS, ".txt"):
        yield Refusal(path, name, _advise(path, choices.kind))
        return
    check_file(path)
    if is_article:
        yield Source(path, name, Kind.articles, account=_account(file, "", choices, site))
    elif ending == ".txt":
        yield from _look_at_text(file, choices, site)
    else:
        yield from _look_at_table(file, choices, site)


def _advise(path: Path, kind: Kind | None) -> str:
    """Say what to do with a file of an ending that is not read."""
    ending = path.suffix.lower()
    if ending in ARCHIVES:
        return "是压缩包;请解压后导入"
    if ending in OLD_SHEETS:
        return f"{ending} 表格读不了;请用表格软件另存为 .xlsx 后导入"
    if ending in OLD_WORD:
        return f"{ending} 文档读不了;请另存为 .docx(文章)或 .xlsx(表格)后导入"
    if ending in ARTICLE_ENDINGS and kind is not None:
        return f"{ending} 是文章,不能按 --kind {kind} 导入;请去掉 --kind"
    return f"不认识的文件类型 {ending or '(没有扩展名)'}:应为 {'、'.join((*ENDINGS, '.txt', *ARTICLE_ENDINGS))}"


def _look_at_text(file: FoundFile, choices: Choices, site: Site) -> Iterator[Source | Refusal]:
    """A .txt is a chat log, a table saved as text or, where the user says so, an article."""
    path, name = file.path, file.name
    text = decode(path.read_bytes(), path.name)
    is_log = is_chat(text)
    if choices.kind in (Kind.posts, Kind.articles):
        yield Source(path, name, Kind.articles, account=_account(file, "", choices, site))
    elif is_log and choices.kind in (None, Kind.chat):
        area = _area(chat_group(text) or "", path.stem, site=site)
        yield _with_channel(Source(path, name, Kind.chat, area=area), file, choices)
    elif choices.kind is not None or any(tell_kind(view.headers) for view in view_tables(path)):
        yield from _look_at_table(file, choices, site)
    else:
        yield Refusal(path, name, "不像群聊记录(每条消息要有时间、昵称和内容),也不像表格;表格请另存为 .xlsx 或 .csv")


def _look_at_table(file: FoundFile, choices: Choices, site: Site) -> Iterator[Source | Refusal]:
    views = [(view, number) for number, view in enumerate(view_tables(file.path), 1) if any(view.headers)]
    if not views:
        yield Refusal(file.path, file.name, "是空的,没有可导入的行;请检查是否导出完整")
    found = [_look_at_view(file, view, number, choices=choices, site=site) for view, number in views]
    has_source = any(isinstance(item, Source) for item in found)
    for item, (view, _) in zip(found, views, strict=True):
        if isinstance(item, Refusal) and has_source and _knows_little(view):
            item = replace(item, message="不像数据表(没有认识的列),未导入", harmless=True)
        yield item


def _look_at_view(file: FoundFile, view: TableView, number: int, *, choices: Choices, site: Site) -> Source | Refusal:
    path, name, raw = file.path, file.name, view.sheet or ""
    sheet = show_sheet(raw, number)
    kind = choices.kind or tell_kind(view.headers, choices.column_map)
    if kind is Kind.requests and choices.kind is None and _is_named_inbox(path, view, choices):
        kind = Kind.inbox
    if kind is None:
        return Refusal(path, name, _cannot_tell(view), sheet, headers=view.headers)
    if kind is Kind.articles:
        kind = Kind.posts
    columns = match_kind(view.headers, kind, choices.column_map)
    if missing := _missing(kind, set(columns.values()), choices):
        hints = "".join(f";{hint}" for hint in hint_columns(view.headers, kind, columns))
        said = f"{missing}。收到的列:{shown_names(view.headers)}{hints}"
        return Refusal(path, name, said, sheet, headers=view.headers)
    account = _account(file, raw, choices, site) if kind in (Kind.posts, Kind.inbox) else ""
    names = (account, raw, path.stem) if kind in (Kind.chat, Kind.inbox) else ()
    area = _area(*names, site=site)
    source = Source(path, name, kind, account=account, view=view, shown_sheet=sheet, columns=columns, area=area)
    return _with_channel(source, file, choices)


def show_sheet(name: str, number: int) -> str:
    """Return a sheet's name masked; where that changed it with its number in the file, so that two of them differ."""
    shown = mask(name).masked
    return shown if shown == name else f"{shown} #{number}"


def _is_named_inbox(path: Path, view: TableView, choices: Choices) -> bool:
    """Say whether requests without ids are messages to an account, going by the name of sheet or file."""
    named = "account_inbox" in (channel_of(view.sheet or ""), channel_of(path.stem))
    return named and "id" not in match_kind(view.headers, Kind.requests, choices.column_map).values()


def _missing(kind: Kind, columns: set[str], choices: Choices) -> str:
    """Say which columns a table of this kind lacks; empty where it has all it needs."""
    if not columns:
        return f"没有认识的列,不能按{KIND_NAMES[kind]}导入;请用 --map 列名=字段 指定,如 --map 内容=text"
    if kind is Kind.requests and "id" not in columns and not choices.id_from_content:
        return (
            "没有编号列,重复导入时认不出同一件诉求。请在导出时带上工单编号,或用 --map 列名=id 指定"
            "(序号各文件重复,不能当编号);实在没有编号,可加 --id-from-content 由渠道、时间、标题和内容生成"
        )
    if kind in (Kind.replies, Kind.events) and not columns & {"request", "id"}:
        return f"没有诉求编号列,不知道这些{KIND_NAMES[kind]}是哪一件诉求的;请用 --map 列名=request 指定"
    return ""


def _cannot_tell(view: TableView) -> str:
    return (
        f"找不到认识的表头,看不出里面是什么;第 {view.header_line} 行:{shown_names(view.headers)}。没有列名请先补上"
        "(如 工单编号、诉求内容);有的请用 --kind 说明(requests 诉求、replies 答复、posts 推文、events 流转),"
        "并用 --map 列名=字段 指定主要的列,如 --map 内容=text"
    )


def _knows_little(view: TableView) -> bool:
    return max(len(match_kind(view.headers, kind)) for kind in (Kind.requests, Kind.posts, Kind.events)) < 2


def _with_channel(source: Source, file: FoundFile, choices: Choices) -> Source:
    """Add the channel of rows that name none: the one said, else that of the sheet's, file's or a folder's name."""
    if source.kind in (Kind.posts, Kind.articles):
        return source
    hints = (source.sheet, file.path.stem, *file.folders)
    hinted = next((code for hint in hints if (code := channel_of(hint))), None)
    if hinted is None and source.kind is Kind.requests and source.view is not None:
        hinted = channel_of_columns(source.view.headers)
    default = DEFAULT_CHANNELS.get(source.kind) or hinted or DEFAULT_CHANNEL
    channel = choices.channel or default
    return replace(source, channel=channel, is_channel_said=choices.channel is not None)


def _area(*names: str, site: Site) -> str:
    """Return the area that an account answers for, or that a group, sheet or file is named after; empty for none."""
    alone = {name: a.areas[0] for a in site.accounts if len(a.areas) == 1 for name in (a.id, a.name)}
    found = (alone.get(name) or site.area_of(name) for name in names if name)
    return next((code for code in found if code), "")


def _account(file: FoundFile, sheet: str, choices: Choices, site: Site) -> str:
    """Return the account of posts that name none: the one said, else one that sheet, file or folder is named after."""
    if choices.account is not None:
        return choices.account
    known = {name for a in site.accounts for name in (a.name, a.id)}
    return next((name for name in (sheet, file.path.stem, file.folders[0]) if name in known), "")


def sources_of(plan: Plan, *kinds: Kind) -> tuple[Source, ...]:
    """Return the sources of some kinds."""
    return tuple(s for s in plan.sources if s.kind in kinds)
