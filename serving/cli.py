"""The command `minsheng`: finds its sub-commands by entry point, so that no package imports the other."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points, version
from typing import Any

import typer
import typer.core
import typer.main
from rich.columns import Columns
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from typer import rich_utils
from typer.exceptions import TyperException

from nlp.errors import MinshengError
from serving.notices import show_notices

GROUP = "minsheng.commands"
ORDER = (
    "triage",
    "issues",
    "replies",
    "posts",
    "mask",
    "serve",
    "worker",
    "migrate",
    "import",
    "imports",
    "digest",
    "site",
    "doctor",
    "bundle",
)


@dataclass(frozen=True, slots=True)
class _Folded:
    """Text that is broken over lines where it is longer than its column, and not cut: Chinese has no spaces."""

    text: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from console.render(self.text, options.update(overflow="fold"))

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement.get(console, options, self.text)


def _folded_columns(items: Iterable[RenderableType]) -> Columns:
    return Columns([_Folded(item) for item in items])


# typer's own texts, which it offers in English only.
_PANELS = {
    "ARGUMENTS_PANEL_TITLE": "参数",
    "OPTIONS_PANEL_TITLE": "选项",
    "COMMANDS_PANEL_TITLE": "命令",
    "ERRORS_PANEL_TITLE": "错误",
    "DEFAULT_STRING": "[默认:{}]",
    "ENVVAR_STRING": "[环境变量:{}]",
    "REQUIRED_LONG_STRING": "[必填]",
}
_MESSAGES = (
    (r"Missing argument '?(.+?)'?\.", "缺少参数 {0}"),
    (r"Missing option '?(.+?)'?\.", "缺少选项 {0}"),
    (r"Missing command\.", "缺少命令"),
    (r"No such option:? '?(\S+?)'?(?:[ .].*)?", "没有选项 {0}"),
    (r"No such command '(.+?)'\..*", "没有命令 {0}"),
    (r"Got unexpected extra argument(?:s|\(s\))? \((.+)\)", "多余的参数 {0}"),
    (r"Option '(.+?)' requires an argument\.", "选项 {0} 后面要有一个值"),
    (r"Invalid value for '?(.+?)'?: (.*)", "{0} 的值不对:{1}"),
)
_VALUES = (
    (r"(?:Value error, )?'(.*)' is not one of (.+?)\.?", "{0} 不在 {1} 之中"),
    (r"Input should be a valid integer.*", "应为整数"),
    (r"Input should be a valid number.*", "应为数字"),
)


class ChineseCommand(typer.core.TyperCommand):
    """A command whose `--help` line is Chinese."""

    def get_help_option(self, ctx: Any) -> Any:
        """Return the help option."""
        return _in_chinese(super().get_help_option(ctx))


class CommandGroup(typer.core.TyperGroup):
    """Loads a sub-command only when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the group's entry points, ours in the order of work, others after them."""
        names = sorted(e.name for e in entry_points(group=GROUP))
        return [n for n in ORDER if n in names] + [n for n in names if n not in ORDER]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Load one sub-command; None where there is none of that name."""
        found = next(iter(entry_points(group=GROUP, name=cmd_name)), None)
        return None if found is None else _build(found)

    def get_help_option(self, ctx: Any) -> Any:
        """Return the help option."""
        return _in_chinese(super().get_help_option(ctx))


def main() -> None:
    """Run the command line. An error becomes one Chinese line: status 2 for bad use or input, 1 for bad rows."""
    for name, text in _PANELS.items():
        setattr(rich_utils, name, text)
    setattr(rich_utils, "Columns", _folded_columns)  # noqa: B010
    show_notices()
    try:
        sys.exit(app(standalone_mode=False) or 0)
    except TyperException as exc:
        _fail(f"{_translate(exc.format_message())};用 --help 看用法")
    except MinshengError as exc:
        _fail(str(exc))
    except (typer.Abort, KeyboardInterrupt):
        typer.secho("已中止。", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(141)


def _fail(message: str) -> None:
    typer.secho(f"错误:{message}", fg=typer.colors.RED, err=True)
    sys.exit(2)


def _translate(message: str) -> str:
    for pattern, chinese in _MESSAGES:
        match = re.fullmatch(pattern, message.strip(), flags=re.DOTALL)
        if match:
            return chinese.format(*(_translate_value(g) for g in match.groups()))
    return message


def _translate_value(text: str) -> str:
    for pattern, chinese in _VALUES:
        match = re.fullmatch(pattern, text.strip(), flags=re.DOTALL)
        if match:
            return chinese.format(*match.groups())
    return text


def _in_chinese(option: Any) -> Any:
    if option is not None:
        option.help = "显示这份说明。"
    return option


def _build(found: EntryPoint) -> Any:
    single = typer.Typer(add_completion=False, rich_markup_mode="markdown", pretty_exceptions_enable=False)
    single.command(found.name, cls=ChineseCommand)(found.load())
    return typer.main.get_command(single)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"minsheng {version('minsheng')}")
        raise typer.Exit


app = typer.Typer(
    cls=CommandGroup,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="民声:研判居民诉求、归并共性问题、评价官方答复与推文、报告回应缺口。\n\n"
    "先试试:`minsheng serve --demo` 打开示例城市;`minsheng triage 诉求.xlsx 研判.xlsx` 研判一份表格。",
)


@app.callback()
def _root(
    show_version: bool = typer.Option(False, "--version", callback=_show_version, is_eager=True, help="显示版本。"),
) -> None:
    pass
