import base64
import io

import pytest
from PIL import Image, ImageDraw
from support.forms import HOSTILE, control, html_of
from support.hostile import measured
from support.report_corpus import PREDICTIONS
from support.waits import PATIENCE

from neuroflow.errors import ResultError
from neuroflow.results import DIFFERS
from neuroflow.widgets.results.gallery import gallery as gallery_view
from neuroflow.widgets.results.gallery_model import LARGE, GalleryModel, Report, picture
from neuroflow.widgets.results.pictures import upper_part


@pytest.fixture
def gallery(tmp_path):
    """Return a gallery of fourteen reports; one picture is no picture."""
    for number in range(14):
        folder = tmp_path / f"s{number}_out"
        folder.mkdir()
        Image.new("RGBA", (900, 600), (0, 0, 0, 0)).save(folder / "prediction.png")
        (folder / "prediction.txt").write_text("<b>PD</b>", encoding="utf-8")
        (folder / "aidp.csv").touch()
    (tmp_path / "s9_out" / "prediction.png").write_bytes(b"no picture")
    model = GalleryModel(tmp_path)
    model.reload({})
    assert model.join(PATIENCE)
    return model


def test_thumbnails_are_drawn_page_by_page_on_white(gallery):
    assert (gallery.pages, len(gallery.thumbnails)) == (2, 12)
    image = Image.open(io.BytesIO(base64.b64decode(gallery.thumbnails[0][1])))
    assert image.size == (560, 350)
    assert image.getpixel((0, 0)) == (255, 255, 255)
    gallery.go_to(1)
    assert gallery.join(PATIENCE)
    assert len(gallery.thumbnails) == 2


def test_results_of_other_projects_come_last(gallery):
    gallery.reload({"s8": "sub-8", "s3": "sub-3"})
    assert gallery.join(PATIENCE)
    assert [report.name for report in gallery.reports[:3]] == ["sub-3", "sub-8", "s0"]


def test_results_of_another_product_are_not_shown_as_a_failure(gallery, tmp_path):
    for study, file, text in (
        ("other", "aidd.csv", "id,AD\n"),
        ("alone", "prediction.txt", "Analysis:AD/DLB-v1.0\nAD:0.8\n"),
        ("failed", "prediction.txt", "Failure Report\nReason: No b-values.\n"),
        ("empty", "prediction.png", ""),
    ):
        folder = tmp_path / f"{study}_out"
        folder.mkdir()
        (folder / file).write_text(text)
    gallery.reload({})
    assert gallery.join(PATIENCE)
    failed = {report.study_id for report in gallery.reports if report.is_failure}
    assert failed == {"failed", "empty"}


def test_a_report_that_differs_from_the_table_says_so(gallery, tmp_path):
    (tmp_path / "s0_out" / "prediction.txt").write_text("pSN Free Water Value:0.2293\n")
    (tmp_path / "s0_out" / "aidp.csv").write_text("Subject,pSN_FW,MCP_FW\nx,0.3127,0.1\n")
    gallery.open(gallery.reports[0])
    assert gallery.join(PATIENCE)
    said = dict(gallery.facts)["Against aidp.csv"]
    assert "pSN is 0.2293 in the report and 0.3127 in aidp.csv" in said


def test_page_turned_while_opening_a_report_shows_both(gallery):
    gallery.open(gallery.reports[0])
    gallery.go_to(1)
    assert gallery.join(PATIENCE)
    assert [report for report, _ in gallery.thumbnails] == list(gallery.reports[12:])
    assert gallery.name == gallery.reports[0].name


def test_a_report_closed_while_it_is_opened_stays_closed(gallery):
    gallery.open(gallery.reports[0])
    gallery.close()
    assert gallery.join(PATIENCE)
    assert gallery.name == ""


def test_an_unreadable_picture_shows_its_error_beside_the_others(gallery):
    gallery.go_to(1)
    assert gallery.join(PATIENCE)
    assert [bool(small) for _, small in gallery.thumbnails] == [True, False]
    gallery.open(gallery.reports[13])
    assert gallery.join(PATIENCE)
    assert "cannot be shown" in gallery.problems[0].what


def test_a_report_is_opened_with_its_text_and_closed(gallery):
    gallery.open(gallery.reports[0])
    assert gallery.join(PATIENCE)
    assert (gallery.name, gallery.text) == ("s0", "<b>PD</b>")
    assert gallery.large
    gallery.close()
    assert gallery.large == ""


def test_a_hostile_name_stays_text_in_a_gallery(tmp_path):
    model = GalleryModel(tmp_path)
    model.set(
        reports=(report := Report("s", HOSTILE, None, None, is_failure=True),),
        thumbnails=((report, "AAAA"),),
        name=HOSTILE,
        text=HOSTILE,
    )
    assert HOSTILE not in html_of(gallery_view(model))
    assert "Not for clinical use" in html_of(gallery_view(model))


@pytest.mark.parametrize("side", [8000, 13_300])
def test_a_picture_of_too_many_pixels_is_not_drawn(tmp_path, side):
    path = tmp_path / "prediction.png"
    Image.new("1", (side, side)).save(path)
    with measured() as cost, pytest.raises(ResultError, match="cannot be shown"):
        picture(path, LARGE)
    assert cost.megabytes < 5 * 10
    assert cost.cpu_seconds < 20


@pytest.fixture
def mixed(tmp_path):
    """Return a gallery of four reports: one warns, one differs from its values, one failed."""
    texts = {
        "a": "Atypical:0.96\n",
        "b": "Atypical:0.04\npSN Free Water Value:0.2293\n",
        "c": "The scan could not be processed.\n",
        "d": "QC FAILED\n",
    }
    for name, text in texts.items():
        folder = tmp_path / f"{name}_out"
        folder.mkdir()
        (folder / "prediction.txt").write_text(text)
    for name in "ad":
        (tmp_path / f"{name}_out" / "aidp.csv").touch()
    (tmp_path / "b_out" / "aidp.csv").write_text("Subject,pSN_FW,MCP_FW\nx,0.3127,0.1\n")
    model = GalleryModel(tmp_path)
    model.reload({"a": "sub-1 A", "b": "sub-2 B", "c": "sub-3 C", "d": "sub-4 D"})
    assert model.join(PATIENCE)
    return model


def test_reports_are_listed_by_prediction_failure_and_warning(mixed):
    assert [text for text, _ in mixed.kinds] == [
        "All (4)",
        "Failures (1)",
        "Warnings (1)",
        "Differs from its values (compare all)",
        "Prediction MSA or PSP (1)",
        "Prediction PD (1)",
    ]
    found = {}
    for _, kind in mixed.kinds[1:]:
        mixed.show = kind
        assert mixed.join(PATIENCE)
        found[kind] = [report.study_id for report in mixed.found]
    assert found == {
        "failures": ["c"],
        "warnings": ["d"],
        DIFFERS: ["b"],
        "MSA or PSP": ["a"],
        "PD": ["b"],
    }


def test_search_narrows_the_gallery_and_returns_to_its_first_page(gallery):
    gallery.go_to(1)
    gallery.search = "S7"
    assert (gallery.page, gallery.pages) == (0, 1)
    assert gallery.join(PATIENCE)
    assert [report.name for report, _ in gallery.thumbnails] == ["s7"]
    assert "1 of 14 reports, page 1 of 1" in html_of(gallery_view(gallery))


def test_cards_show_prediction_and_whether_values_agree(mixed):
    shown = html_of(gallery_view(mixed))
    assert "Prediction MSA or PSP" in shown
    assert "Quality control" in shown
    assert "differs from aidp.csv" in shown


def test_page_is_chosen_by_its_number(gallery):
    control(gallery_view(gallery), "Page").value = 1
    assert gallery.join(PATIENCE)
    assert (gallery.page, len(gallery.thumbnails)) == (1, 2)


def test_reports_that_differ_are_listed_once_all_are_compared(mixed):
    (before,) = [text for text, value in mixed.kinds if value == DIFFERS]
    assert before == "Differs from its values (compare all)"
    mixed.show = DIFFERS
    assert mixed.join(PATIENCE)
    assert [report.study_id for report in mixed.found] == ["b"]
    assert ("Differs from its values (1)", DIFFERS) in mixed.kinds


def decoded(data):
    return Image.open(io.BytesIO(base64.b64decode(data))).convert("L")


@pytest.mark.parametrize("size", [(850, 1100), (1100, 850), (2480, 3508), (900, 200)])
def test_thumbnail_is_the_upper_part_without_its_margin(tmp_path, size):
    page = Image.new("RGB", size, "white")
    width, height = size
    box = (width // 5, height // 10, 4 * width // 5, height // 2)
    ImageDraw.Draw(page).rectangle(box, fill="navy")
    page.save(path := tmp_path / "prediction.png")
    shown = decoded(upper_part(path))
    assert shown.size == (560, 350)
    left, top, right, _ = shown.point(lambda value: 255 * (value < 128)).getbbox()
    assert left < 31
    assert right > 529
    assert top < 40


def test_thumbnail_leaves_out_what_is_further_down(tmp_path):
    page = Image.new("RGB", (850, 1100), "white")
    pen = ImageDraw.Draw(page)
    pen.rectangle((85, 100, 765, 200), fill="navy")
    pen.rectangle((0, 900, 849, 1000), fill="black")  # wider than what is above it
    page.save(path := tmp_path / "prediction.png")
    shown = decoded(upper_part(path))
    assert shown.getpixel((0, 60)) > 200  # a margin, and a narrow one
    assert shown.getpixel((40, 60)) < 100
    assert shown.crop((0, 175, 560, 350)).getextrema()[0] > 200


def test_blank_picture_has_a_thumbnail_of_the_same_size(tmp_path):
    Image.new("RGB", (300, 300), "white").save(path := tmp_path / "prediction.png")
    assert decoded(upper_part(path)).size == (560, 350)


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"prediction.txt": "PD"}, "It came without a picture."),
        ({"aidp.csv": ""}, "It came without a report."),
        ({"prediction.png": "no picture"}, "Its picture cannot be read."),
    ],
)
def test_card_without_a_picture_states_why(tmp_path, files, why):
    (folder := tmp_path / "s_out").mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    model = GalleryModel(tmp_path)
    model.reload({})
    assert model.join(PATIENCE)
    assert f'<div class="nf-top">{why}</div>' in html_of(gallery_view(model))


@pytest.mark.parametrize("grammar", PREDICTIONS)
def test_card_shows_the_prediction_of_every_grammar(tmp_path, grammar):
    (folder := tmp_path / "s_out").mkdir()
    (folder / "prediction.txt").write_text(PREDICTIONS[grammar](), encoding="utf-8")
    model = GalleryModel(tmp_path)
    model.reload({})
    assert model.join(PATIENCE)
    assert "Prediction MSA or PSP" in html_of(gallery_view(model))
