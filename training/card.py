"""The model card: what the artefact is, made from what, how good, what it is not for."""

from __future__ import annotations

from nlp.artifact import Manifest

_SOURCES = """\
- `shared/requests_*`, `replies_*`, `issue_pairs_*`: messages and official replies of a city message board (2017-2020),
  labelled for this project; `topic_l1_*`: data of the 8th Teddy Cup (2020), task C. Third-party text without a licence
  to redistribute: the model holds weights, counts, thresholds and n-grams seen in five or more masked documents, no
  sentence.
- `own/*`: written for this project (see `datasets/`): invented people and places, Apache-2.0."""

_LIMITS = """\
- It sorts requests and replies; it does not judge people. Evasion and playing-down are suspicions until a person
  confirms them. Urgency is recall-first; a person must read what is marked `review`.
- Labels were given by language models under one guide; people may agree less.
- The board is one city's letters. Other channels rest on what we wrote ourselves; numbers for them stand apart.
- Not for deciding on benefits, sanctions or any measure against a person."""


def render_card(manifest: Manifest) -> str:
    """Write the card in Markdown; the numbers are the manifest's cross-validated ones."""
    lines = [
        f"# Minsheng model {manifest.version}",
        "",
        f"Created {manifest.created}, seed {manifest.seed}, code {manifest.code_version}, "
        f"taxonomy {manifest.taxonomy}.",
        "Character n-gram linear heads with rule signals; no neural network is needed to run it.",
        "",
        "## Data",
        _SOURCES,
        "",
        "| file | sha256 |",
        "|---|---|",
        *(f"| {name} | `{digest[:16]}…` |" for name, digest in manifest.data.items()),
        "",
        "## Quality (grouped cross-validation, near-duplicates together)",
    ]
    for task, sources in manifest.metrics.items():
        for source, numbers in sources.items():
            lines += ["", f"### {task}: {source}", "", "| metric | value |", "|---|---|"]
            lines += [f"| {name} | {value:g} |" for name, value in numbers.items()]
    return "\n".join([*lines, "", "## Limits", _LIMITS, ""])
