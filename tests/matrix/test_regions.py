import pytest

from neuroflow.matrix.regions import EXPECTED_VALUES, RegionName, load_regions, metric_name, resolve


def test_the_dictionary_has_66_regions_unique_by_region_and_side():
    regions = load_regions()
    assert len(regions) * 2 == EXPECTED_VALUES
    assert not regions.duplicated(["region", "hemisphere"]).any()
    assert not regions["stem"].str.casefold().duplicated().any()


@pytest.mark.parametrize("suffix", ["", "_FW", "_FA", "_FAt", "_fat", "_MD", "-FW", " FW"])
def test_every_stem_is_found_with_every_suffix(suffix):
    for row in load_regions().itertuples():
        found = resolve(f"{row.stem}{suffix}".upper())
        assert (found.region, found.hemisphere, found.known) == (row.region, row.hemisphere, True)
        assert found.metric == metric_name(suffix[1:])


def test_published_fa_is_the_free_water_corrected_one():
    assert resolve("pSN_FA").metric == resolve("pSN_FAt").metric == "FAt"
    assert (resolve("pSN_FA").suffix, resolve("pSN_FAt").suffix) == ("FA", "FAt")


@pytest.mark.parametrize(
    ("one", "other"),
    [("MCP", "Cerebellar_MCP"), ("SCP", "Cerebellar_SCP"), ("M1_Final", "M1_SMATT")],
)
def test_names_that_look_alike_stay_apart(one, other):
    assert resolve(one).known
    assert resolve(other).known
    assert resolve(one).region != resolve(other).region


@pytest.mark.parametrize(
    "name", ["M1", "MCPs", "Cerebellar MCP", "Putamen_FWx", "Substantia nigra"]
)
def test_likeness_is_not_enough(name):
    assert not resolve(name).known


def test_the_published_misspelling_is_an_alias():
    assert resolve("OlFWctory_Cortex_Final_FW") == resolve("Olfactory_Cortex_Final_FW")


def test_the_identifier_is_a_name_too():
    assert resolve("Olfactory_Cortex_TCATT_FW").known


@pytest.mark.parametrize("name", ["Left_midbrain", "midbrain_L", "lh-midbrain", "midbrain_left"])
def test_a_side_of_the_dictionary_is_found_in_any_spelling(name):
    found = resolve(name)
    assert (found.region, found.hemisphere, found.known) == ("midbrain", "left", True)


def test_midbrain_without_a_side_is_not_guessed():
    assert not resolve("midbrain").known


@pytest.mark.parametrize(
    ("name", "region", "hemisphere"),
    [
        ("Left_Putamen_FW", "Putamen", "left"),
        ("Right-Putamen", "Putamen", "right"),
        ("Putamen_L", "Putamen", "left"),
        ("Putamen_R_MD", "Putamen", "right"),
        ("ctx-lh-superiorfrontal", "superiorfrontal", "left"),
        ("ctx-rh-superiorfrontal_FA", "superiorfrontal", "right"),
        ("lh_precuneus", "precuneus", "left"),
        ("FW_left_putamen", "putamen", "left"),
        ("FW_putamen_R", "putamen", "right"),
        ("FA.lh.putamen", "putamen", "left"),
        ("putamen_FW_left", "putamen", "left"),
        ("right_MD_putamen", "putamen", "right"),
        ("mean_putamen_left_FW", "putamen", "left"),
        ("Brain-Stem", "Brain-Stem", "unknown"),
        ("Lateral_ventricle", "Lateral_ventricle", "unknown"),
    ],
)
def test_other_parcellations_keep_their_names_and_sides(name, region, hemisphere):
    found = resolve(name)
    assert (found.region, found.hemisphere) == (region, hemisphere)
    assert (found.kind, found.known) == ("unknown", False)


@pytest.mark.parametrize(
    "name", ["FW_left_putamen", "putamen_l_FW", "putamen_FW_l", "l_FW_putamen"]
)
def test_a_metric_is_found_beside_a_side(name):
    assert (resolve(name).metric, resolve(name).suffix) == ("FW", "FW")


@pytest.mark.parametrize(
    "name", ["FW_left_std", "std_putamen_left_FW", "sd_putamen_FW_left", "FA_r_squared", "FW_left"]
)
def test_statistics_beside_a_side_are_no_values(name):
    assert resolve(name).metric is None


def test_a_name_states_its_side_and_metric():
    assert resolve("Left_midbrain_FA") == RegionName(
        region="midbrain",
        region_name="Midbrain",
        kind="roi",
        system="midbrain",
        hemisphere="left",
        metric="FAt",
        known=True,
        suffix="FA",
    )


def test_a_region_outside_the_dictionary_keeps_its_side():
    found = resolve("ctx-lh-precuneus")
    assert (found.hemisphere, found.known) == ("left", False)


def test_the_metric_is_no_part_of_a_region():
    assert (resolve("pSN_FW").region, resolve("pSN_FW").metric) == ("pSN", "FW")


def test_the_dictionary_has_66_regions():
    assert len(load_regions()) == 66
