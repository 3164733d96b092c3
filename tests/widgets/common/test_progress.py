from support.forms import event

from neuroflow.widgets.common.progress import Progress


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
