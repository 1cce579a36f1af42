"""Full triage beside scikit-learn's char 1-2gram TF-IDF + LinearSVC giving one label: texts per second, in one run.

    python benchmarks/triage_speed.py [FILE.jsonl] [--rounds 5]

Both see the same texts on one thread, in turns; figures are medians, the ratio is what counts.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from nlp.pipeline import Pipeline
from nlp.records import ResidentRequest
from nlp.site import Site
from nlp.tables import read_table

DEFAULT = Path(__file__).parents[1] / "datasets" / "sample" / "requests.jsonl"
BATCH = 256


def main() -> None:
    """Time both and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--texts", type=int, default=4000)
    options = parser.parse_args()
    requests = [ResidentRequest.from_row(r.values) for r in read_table(options.file) if r.error is None]
    requests = (requests * (options.texts // len(requests) + 1))[: options.texts]
    pipeline, site = Pipeline.from_artifact(), Site.load()
    texts = [r.full_text for r in requests]
    labels = [t.topic for t in pipeline.triage(requests[:1000], site=site)]
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 2), min_df=2)
    classifier = LinearSVC().fit(vectorizer.fit_transform(texts[:1000]), labels)

    def reference(part: Sequence[int]) -> None:
        classifier.predict(vectorizer.transform([texts[i] for i in part]))

    def ours(part: Sequence[int]) -> None:
        pipeline.triage([requests[i] for i in part], site=site)

    rates: dict[str, list[float]] = {"minsheng full triage": [], "sklearn one label": []}
    for _ in range(options.rounds):
        rates["sklearn one label"].append(_rate(reference, len(texts)))
        rates["minsheng full triage"].append(_rate(ours, len(texts)))
    for name, found in rates.items():
        print(f"{name:<24} {statistics.median(found):8.0f} texts/s  (min {min(found):.0f}, max {max(found):.0f})")
    ratio = statistics.median(a / b for a, b in zip(*rates.values(), strict=True))
    print(f"ratio {ratio:.2f} on {len(texts)} texts, mean {sum(map(len, texts)) / len(texts):.0f} characters")


def _rate(run: Callable[[Sequence[int]], None], count: int) -> float:
    start = time.process_time()
    for first in range(0, count, BATCH):
        run(range(first, min(first + BATCH, count)))
    return count / (time.process_time() - start)


if __name__ == "__main__":
    main()
