"""The core of Minsheng: Chinese text in, judgement out. No web, no SQL, no environment, no clock."""

from nlp.errors import (
    ArtifactError,
    ConfigError,
    FileError,
    InputError,
    MinshengError,
    RowError,
    SiteError,
    StoreError,
    TaxonomyError,
)
from nlp.pipeline import Pipeline
from nlp.records import IssueBrief, Post, RepliedRequest, ResidentRequest
from nlp.site import Site
from nlp.taxonomy import Taxonomy

__all__ = [
    "ArtifactError",
    "ConfigError",
    "FileError",
    "InputError",
    "IssueBrief",
    "MinshengError",
    "Pipeline",
    "Post",
    "RepliedRequest",
    "ResidentRequest",
    "RowError",
    "Site",
    "SiteError",
    "StoreError",
    "Taxonomy",
    "TaxonomyError",
]
