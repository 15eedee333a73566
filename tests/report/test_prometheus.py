"""Prometheus text: read by its own parser, labels escaped, one value for each series."""

from __future__ import annotations

from pathlib import Path

import pytest

from aitrack.report.prometheus import prometheus
from tests.report import explained, hostile


def test_the_official_parser_reads_it(tmp_path: Path) -> None:
    """One bad line makes a scrape lose all of them."""
    parser = pytest.importorskip("prometheus_client.parser")
    families = {
        family.name: family
        for family in parser.text_string_to_metric_families(prometheus(explained.recovered(tmp_path)))
    }

    statuses = {sample.labels["status"]: sample.value for sample in families["aitrack_run_status"].samples}
    assert {name for name, value in statuses.items() if value} == {"passed"}
    assert families["aitrack_run_duration_seconds"].samples[0].value == 1.5
    assert [sample.labels["attempt"] for sample in families["aitrack_attempt_duration_seconds"].samples] == ["1", "2"]


def test_hostile_labels_come_back_as_they_were(tmp_path: Path) -> None:
    """Quotes, backslashes and line ends are escaped, and nothing is doubled."""
    parser = pytest.importorskip("prometheus_client.parser")
    series = [
        (sample.name, tuple(sorted(sample.labels.items())))
        for family in parser.text_string_to_metric_families(prometheus(hostile.explained(tmp_path)))
        for sample in family.samples
    ]

    assert len(series) == len(set(series)) > 10
    assert any("alert(3) x='" in dict(labels)["script"] for _, labels in series)


def test_what_is_not_known_is_no_series(tmp_path: Path) -> None:
    """A missing value is not zero."""
    assert "max_rss" not in prometheus(explained.failed(tmp_path))
