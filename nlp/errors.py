"""Every error a caller can act on.

MinshengError                 root: catch it at the edge of a program
├── InputError                what came in cannot be used
│   ├── RowError              one row is bad; knows its line and id, the rest goes on
│   └── FileError             a whole file is refused (encoding, format, password)
├── ArtifactError             a model folder is missing, damaged or of another format
├── TaxonomyError             the label tree is wrong, or a label is not in it
├── SiteError                 a row of a site table is wrong
├── ConfigError               a setting or a training configuration is wrong
└── StoreError                the database is absent, too old or refuses

Messages are Chinese, say what was expected, what came and what to do, and never hold a resident's words.
"""

from __future__ import annotations


class MinshengError(Exception):
    """Root of all errors raised on purpose."""


class InputError(MinshengError):
    """What came in cannot be used."""


class RowError(InputError):
    """One row is bad; the others go on."""

    def __init__(self, message: str, *, line: int | None = None, row_id: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.row_id = row_id

    def to_json(self) -> dict[str, str | int | None]:
        """Return the error row of the contract; `line` is left out where there is none (HTTP)."""
        row: dict[str, str | int | None] = {"id": self.row_id}
        if self.line is not None:
            row["line"] = self.line
        row["error"] = self.message
        return row


class FileError(InputError):
    """A whole file is refused."""


class ArtifactError(MinshengError):
    """A model folder is missing, damaged or of another format."""


class TaxonomyError(MinshengError):
    """The label tree is wrong, or a label is not in it."""


class SiteError(MinshengError):
    """A row of a site table is wrong."""


class ConfigError(MinshengError):
    """A setting or a training configuration is wrong."""


class StoreError(MinshengError):
    """The database is absent, too old or refuses."""
