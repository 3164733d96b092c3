from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from support.forms import event

from neuroflow.widgets.common.progress import Bar, Progress


def test_each_stage_has_one_bar_in_the_order_it_began():
    progress = Progress().after([event("check"), event("upload"), event("check", done=4)])
    assert [(bar.name, bar.done) for bar in progress.stages] == [("check", 4), ("upload", 1)]


def test_a_reported_total_is_kept():
    progress = Progress().after([event("upload", total=9), event("upload", done=2, total=0)])
    assert progress.stages[0].fraction == 2 / 9


def test_study_is_in_flight_until_finished():
    begun = Progress().after([event("upload", "s", status="started")])
    assert [bar.name for bar in begun.in_flight] == ["s"]
    assert begun.after([event("upload", "s", status="done")]).in_flight == ()


def test_a_failed_study_is_kept_with_its_reason():
    progress = Progress().after([event("upload", "s", status="failed", message="refused")])
    assert [(bar.name, bar.message) for bar in progress.failed] == [("s", "refused")]
    assert progress.in_flight == ()


def test_an_unknown_total_has_no_fraction():
    assert Progress().after([event("find", done=7, total=0)]).stages[0].fraction is None


@pytest.mark.parametrize(
    ("bar", "amount"),
    [(Bar("upload", 1_500_000, 3_000_000), "1.5 of 3.0 MB"), (Bar("check", 3, 24), "3 of 24")],
)
def test_an_amount_is_in_megabytes_or_a_count(bar, amount):
    assert bar.amount == amount


def test_the_time_left_follows_from_the_rate():
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    samples = ((begun, 0), (begun + timedelta(seconds=10), 20_000_000))
    bar = Bar("upload", 20_000_000, 400_000_000, samples=samples)
    assert bar.speed == "2.0 MB/s, about 3 min left"


def test_a_pause_changes_neither_rate_nor_time_left():
    start = datetime(2026, 1, 1, tzinfo=UTC)
    second = timedelta(seconds=1)
    bar = Bar("upload", total=9_000_000)
    for n in range(5):
        bar = replace(bar, done=n * 1_000_000).with_sample(start + n * second)
    progress = Progress((bar,))
    ended = start + 300 * second
    resumed = progress.after_pause(start + 4 * second, ended).stages[0]
    assert resumed.speed == bar.speed == "1.0 MB/s, about 5 s left"
    later = replace(resumed, done=5_000_000).with_sample(ended + second)
    assert later.speed == "1.0 MB/s, about 4 s left"
