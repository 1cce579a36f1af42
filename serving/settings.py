"""Everything a site can set: environment variables `MINSHENG_…`, or a TOML file named by `MINSHENG_CONFIG`.

Read once, by `load_settings`, and passed to `create_app` and `run_worker`. The environment wins over the file.
An unknown key is an error in both.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from nlp.errors import ConfigError

PREFIX = "MINSHENG_"
CONFIG_VARIABLE = "MINSHENG_CONFIG"
DATABASE = "minsheng"
DEMO_DATABASE = "minsheng_demo"
SYSTEM_DATA_DIR = Path("/var/lib/minsheng")


class Settings(BaseSettings):
    """Settings of the service; the defaults are safe for a real site."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, env_ignore_empty=True)

    database_url: SecretStr | None = Field(
        default=None, description="外部 PostgreSQL(15 以上,带 pgvector);不设则用内置的"
    )
    data_dir: Path = Field(default_factory=lambda: default_data_dir(), description="内置数据库和密钥所在目录")
    model: Path | None = Field(default=None, description="模型包目录;不设则用自带的")
    site: Path | None = Field(default=None, description="站点表目录;不设则用自带的")
    host: str = Field(default="127.0.0.1", description="监听地址")
    port: int = Field(default=8000, ge=1, le=65535, description="监听端口")
    demo: bool = Field(default=False, description="演示:装入示例城市,用单独的数据库")
    hmac_key: SecretStr | None = Field(
        default=None, min_length=32, description="用户标识的密钥;不设则在数据目录里生成一个"
    )
    smtp_url: SecretStr | None = Field(default=None, description="发周报的邮件服务器,如 smtps://用户:口令@主机:465")
    mail_from: str | None = Field(default=None, description="周报的发件人地址")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="日志级别")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then the file that `MINSHENG_CONFIG` names."""
        path = os.environ.get(CONFIG_VARIABLE)
        if not path:
            return init_settings, env_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, Path(path))

    @property
    def database(self) -> str:
        """Name of the database of this site; the demo has its own."""
        return DEMO_DATABASE if self.demo else DATABASE


def load_settings(**given: Any) -> Settings:
    """Read the settings; what is `given` and not None wins. Raises ConfigError naming each wrong key."""
    _refuse_unknown(os.environ)
    path = os.environ.get(CONFIG_VARIABLE)
    if path and not Path(path).is_file():
        raise ConfigError(f"{CONFIG_VARIABLE} 指定的配置文件不存在:{path}")
    try:
        return Settings(**{k: v for k, v in given.items() if v is not None})
    except ValidationError as exc:
        raise ConfigError(";".join(_explain(dict(e)) for e in exc.errors(include_input=False))) from None
    except ValueError as exc:
        raise ConfigError(f"配置文件 {path} 不是正确的 TOML:{exc}") from exc


def default_data_dir() -> Path:
    """Return where a site keeps its data: `~/.local/share/minsheng`; for root, `/var/lib/minsheng`."""
    if os.geteuid() == 0:
        return SYSTEM_DATA_DIR
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "minsheng"


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {CONFIG_VARIABLE}
    unknown = sorted(k for k in environment if k.upper().startswith(PREFIX) and k.upper() not in known)
    if unknown:
        raise ConfigError(f"不认识的环境变量 {unknown[0]};可用的有 {'、'.join(sorted(known))}")


def _explain(error: dict[str, Any]) -> str:
    key = ".".join(str(p) for p in error["loc"])
    key = key.upper() if key.upper().startswith(PREFIX) else f"{PREFIX}{key.upper()}"
    if error["type"] == "extra_forbidden":
        return f"不认识的配置项 {key}"
    field = Settings.model_fields.get(key.removeprefix(PREFIX).lower())
    meaning = f"({field.description})" if field else ""
    return f"配置项 {key}{meaning}的值不对:{error['msg']}"
