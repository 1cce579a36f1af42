"""What an import will read: each file and sheet with its kind and channel, or why it is refused."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from nlp.chats import chat_group, is_chat
from nlp.errors import FileError, InputError
from nlp.privacy import mask
from nlp.records import DEFAULT_CHANNEL
from nlp.site import Site
from nlp.tables import ENDINGS, TableView, are_names, decode, view_tables
from serving.importing.channels import channel_of
from serving.importing.kinds import KIND_NAMES, ORDER, Kind, match_kind, tell_kind

ARTICLE_ENDINGS = (".html", ".htm", ".mht", ".mhtml", ".docx", ".md")
ARCHIVES = (".zip", ".rar", ".7z", ".gz", ".tar", ".tgz", ".bz2", ".xz")
OLD_WORD = (".doc", ".wps", ".rtf", ".pdf")
OLD_SHEETS = (".ods", ".xlsb", ".numbers")
# Files that lie about in such folders and are no exports: what systems write, what explains the folder.
LITTER = ("thumbs.db", "desktop.ini", "__macosx")
CHECK_NAME = "导入检查.xlsx"  # what a dry run writes, perhaps into this very folder
SITE_TABLES = ("areas", "accounts", "dispatch", "deadlines", "holidays", "topic_codes", "gazetteer")
MAX_SHOWN = 12
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
    area: code of the place that a chat group or inbox belongs to, for messages that name none
    """

    path: Path
    name: str
    kind: Kind
    channel: str = ""
    is_channel_said: bool = False
    account: str = ""
    view: TableView | None = None
    area: str = ""

    @property
    def sheet(self) -> str:
        return "" if self.view is None else self.view.sheet or ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file or sheet that is not imported. `harmless`: nothing of it was meant to be."""

    path: Path
    name: str
    message: str
    sheet: str = ""
    harmless: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Sources in the order of import: requests, then what belongs to them, then posts."""

    sources: tuple[Source, ...]
    refusals: tuple[Refusal, ...]


def plan_import(paths: Sequence[Path], choices: Choices, *, site: Site, output: Path | None = None) -> Plan:
    """Look at all files and folders, but not at `output`, which this run will write.

    Raises FileError for a path that is absent, InputError where there is no file.
    """
    left_out = None if output is None else output.resolve()
    files = [(path, name) for path, name in _walk(paths) if path.resolve() != left_out]
    found = [item for path, name in files for item in _look_safely(path, name, choices, site)]
    if not found:
        raise InputError("没有找到可导入的文件:请检查文件夹")
    sources = [item for item in found if isinstance(item, Source)]
    sources.sort(key=lambda s: ORDER.index(s.kind))
    return Plan(tuple(sources), tuple(item for item in found if isinstance(item, Refusal)))


def _walk(paths: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Yield each file once with its path inside the folder that was given, sorted."""
    seen: set[Path] = set()
    for given in paths:
        if not given.exists():
            raise FileError(f"找不到 {given.name};请检查路径")
        inside = [(given, given.name)] if not given.is_dir() else _files_of(given)
        for path, name in inside:
            if path.resolve() not in seen:
                seen.add(path.resolve())
                yield path, name


def _files_of(folder: Path) -> list[tuple[Path, str]]:
    found = []
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not _is_litter(f))
        found += [Path(root) / name for name in names if not _is_litter(name)]
    return [(path, path.relative_to(folder).as_posix()) for path in sorted(found)]


def _is_litter(name: str) -> bool:
    return name.startswith((".", "~$")) or name.lower() in LITTER or name == CHECK_NAME


def _look_safely(path: Path, name: str, choices: Choices, site: Site) -> Iterator[Source | Refusal]:
    shown = mask(name).masked
    try:
        yield from _look(path, shown, choices, site)
    except FileError as exc:
        yield Refusal(path, shown, mask_message(exc, path, shown))
    except OSError as exc:
        yield Refusal(path, shown, f"打不开({exc.strerror});请检查文件是否被占用、是否有权限")


def mask_message(error: FileError, path: Path, shown: str) -> str:
    """Return the message with the file's name as it may be shown."""
    return str(error).replace(path.name, Path(shown).name)


def _look(path: Path, name: str, choices: Choices, site: Site) -> Iterator[Source | Refusal]:
    ending = path.suffix.lower()
    if ending == ".csv" and path.stem.lower() in SITE_TABLES and choices.kind is None:
        yield Refusal(path, name, "站点表,不在这里导入:用 --site 目录 指定", harmless=True)
    elif ending == ".md" and choices.kind is None:
        yield Refusal(path, name, "说明文件", harmless=True)
    elif ending in ARTICLE_ENDINGS and choices.kind in (None, Kind.posts, Kind.articles):
        yield Source(path, name, Kind.articles, account=_account(path, "", choices, site))
    elif ending == ".txt":
        yield from _look_at_text(path, name, choices, site)
    elif ending in ENDINGS:
        yield from _look_at_table(path, name, choices, site)
    else:
        yield Refusal(path, name, _advise(path, choices.kind))


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


def _look_at_text(path: Path, name: str, choices: Choices, site: Site) -> Iterator[Source | Refusal]:
    """A .txt is a chat log, a table saved as text or, where the user says so, an article."""
    text = decode(path.read_bytes(), path.name)
    is_log = is_chat(text)
    if choices.kind in (Kind.posts, Kind.articles):
        yield Source(path, name, Kind.articles, account=_account(path, "", choices, site))
    elif is_log and choices.kind in (None, Kind.chat):
        yield _with_channel(
            Source(path, name, Kind.chat, area=_area(chat_group(text) or "", path.stem, site=site)), choices
        )
    elif choices.kind is not None or any(tell_kind(view.headers) for view in view_tables(path)):
        yield from _look_at_table(path, name, choices, site)
    else:
        yield Refusal(path, name, "不像群聊记录(每条消息要有时间、昵称和内容),也不像表格;表格请另存为 .xlsx 或 .csv")


def _look_at_table(path: Path, name: str, choices: Choices, site: Site) -> Iterator[Source | Refusal]:
    views = [view for view in view_tables(path) if any(view.headers)]
    if not views:
        yield Refusal(path, name, "是空的,没有可导入的行;请检查是否导出完整")
    found = [_look_at_view(path, name, view, choices=choices, site=site) for view in views]
    has_source = any(isinstance(item, Source) for item in found)
    for item, view in zip(found, views, strict=True):
        if isinstance(item, Refusal) and has_source and _knows_little(view):
            item = Refusal(item.path, item.name, "不像数据表(没有认识的列),未导入", item.sheet, harmless=True)
        yield item


def _look_at_view(path: Path, name: str, view: TableView, *, choices: Choices, site: Site) -> Source | Refusal:
    sheet = view.sheet or ""
    kind = choices.kind or tell_kind(view.headers, choices.column_map)
    if kind is Kind.requests and choices.kind is None and _is_named_inbox(path, view, choices):
        kind = Kind.inbox
    if kind is None:
        return Refusal(path, name, _cannot_tell(view), sheet)
    if kind is Kind.articles:
        kind = Kind.posts
    columns = set(match_kind(view.headers, kind, choices.column_map).values())
    if missing := _missing(kind, columns, choices):
        return Refusal(path, name, f"{missing}。收到的列:{_list(view)}", sheet)
    account = _account(path, sheet, choices, site) if kind in (Kind.posts, Kind.inbox) else ""
    names = (account, sheet, path.stem) if kind in (Kind.chat, Kind.inbox) else ()
    return _with_channel(Source(path, name, kind, account=account, view=view, area=_area(*names, site=site)), choices)


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
    if not are_names(view.headers):
        return f"找不到认识的表头:第 {view.header_line} 行不像列名。请补上列名(如 工单编号、诉求内容)后导入"
    return (
        f"看不出里面是什么。收到的列:{_list(view)}。请用 --kind 说明"
        "(requests 诉求、replies 答复、posts 推文、events 流转),并用 --map 列名=字段 指定主要的列,如 --map 内容=text"
    )


def _list(view: TableView) -> str:
    """Return the column names, masked: a file without a header shows its first row."""
    names = [mask(str(h)).masked[:20] for h in view.headers if str(h).strip()]
    return "、".join(names[:MAX_SHOWN]) + (f"等 {len(names)} 列" if len(names) > MAX_SHOWN else "")


def _knows_little(view: TableView) -> bool:
    return max(len(match_kind(view.headers, kind)) for kind in (Kind.requests, Kind.posts, Kind.events)) < 2


def _with_channel(source: Source, choices: Choices) -> Source:
    """Add the channel of rows that name none: the one said, else that of the sheet's, file's or folder's name."""
    if source.kind in (Kind.posts, Kind.articles):
        return source
    hints = (source.sheet, source.path.stem, *reversed(Path(source.name).parent.parts))
    hinted = next((code for hint in hints if (code := channel_of(hint))), None)
    default = DEFAULT_CHANNELS.get(source.kind) or hinted or DEFAULT_CHANNEL
    channel = choices.channel or default
    return replace(source, channel=channel, is_channel_said=choices.channel is not None)


def _area(*names: str, site: Site) -> str:
    """Return the area that an account answers for, or that a group, sheet or file is named after; empty for none."""
    alone = {name: a.areas[0] for a in site.accounts if len(a.areas) == 1 for name in (a.id, a.name)}
    found = (alone.get(name) or site.area_of(name) for name in names if name)
    return next((code for code in found if code), "")


def _account(path: Path, sheet: str, choices: Choices, site: Site) -> str:
    """Return the account of posts that name none: the one said, else one that sheet, file or folder is named after."""
    if choices.account is not None:
        return choices.account
    known = {name for a in site.accounts for name in (a.name, a.id)}
    return next((name for name in (sheet, path.stem, path.parent.name) if name in known), "")


def sources_of(plan: Plan, *kinds: Kind) -> tuple[Source, ...]:
    """Return the sources of some kinds."""
    return tuple(s for s in plan.sources if s.kind in kinds)
