from pathlib import Path

import pytest

from neuroflow.errors import ConfigError
from neuroflow.transfer import UploadOptions
from neuroflow.transfer.ssh.profile import Profile
from neuroflow.workspace.connection.config import (
    Settings,
    name_in_use,
    profile_names,
    read_profile,
    read_settings,
    remove_profile,
    use_profile,
    write_profile,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "neuroflow.toml"


def test_a_profile_reads_back_as_it_was_written(path):
    profile = Profile(host="::1", user="PH1", key=Path("/keys/it's mine"), port=2222, name="site 7")
    write_profile(path, profile)
    assert read_profile(path, "site 7") == profile
    assert read_profile(path, "another") is None


def test_writing_a_profile_keeps_what_else_the_user_wrote(path):
    path.write_text("# ours\n[settings]\noverdue_hours = 9.5  # slow week\n", encoding="utf-8")
    write_profile(path, Profile(host="h", user="u", key=Path("k")))
    write_profile(path, Profile(host="h2", user="u", key=Path("k"), name="second"))
    text = path.read_text(encoding="utf-8")
    assert "# ours" in text
    assert "# slow week" in text
    assert read_settings(path).overdue_hours == 9.5
    assert read_profile(path).host == "h"


def test_an_empty_file_has_the_default_settings(path):
    assert read_settings(path) == Settings()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[profile", "not valid TOML"),
        ("[profile.default]\nhost = 'h'", "not complete"),
        ("[profile.default]\nhost='h'\nuser='u'\nkey='k'\nport='x'", "not complete"),
        ("[profile.default]\nhost='h'\nuser='u'\nkey='k'\nport=inf", "not complete"),
        ("profile = 3", "not complete"),
    ],
)
def test_a_broken_profile_says_what_is_wrong(path, text, says):
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=says):
        read_profile(path)


@pytest.mark.parametrize(
    "text",
    [
        "connections = 0",
        "connections = 2.5",
        "connections = true",
        "attempts = 0",
        "limit_mb_per_s = 2",
        "upload = 3",
        "colour = 1",
        "overdue_hours = 'long'",
        "overdue_hours = nan",
        "quiet_seconds = -1",
    ],
)
def test_a_broken_setting_says_what_is_wrong(path, text):
    path.write_text(f"[settings]\n{text}", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be used"):
        read_settings(path)


def test_settings_of_an_upload_are_read_by_their_names(path):
    path.write_text("[settings]\nattempts = 5\nquiet_seconds = 10\n", encoding="utf-8")
    assert read_settings(path).upload == UploadOptions(attempts=5, quiet_seconds=10)


def test_settings_that_are_no_table_are_refused(path):
    path.write_text("settings = 3\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="is not a table"):
        read_settings(path)


def test_a_value_out_of_range_is_named_with_its_bound(path):
    path.write_text("[settings]\nattempts = 0", encoding="utf-8")
    with pytest.raises(ConfigError, match="attempts is 0; it must be at least 1"):
        read_settings(path)


def test_a_binary_file_is_no_config(path):
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not valid TOML"):
        read_profile(path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    with pytest.raises(ConfigError):
        write_profile(blocked / "neuroflow.toml", Profile(host="h", user="u", key=Path("k")))


def test_a_file_without_room_for_a_profile_stays_unchanged(path):
    path.write_text("profile = 3\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot hold a profile"):
        write_profile(path, Profile(host="h", user="u", key=Path("k")))
    assert path.read_text(encoding="utf-8") == "profile = 3\n"


@pytest.fixture
def two(path):
    path.write_text("# ours\n[settings]\nconnections = 2\n", encoding="utf-8")
    for name in ("default", "at home"):
        write_profile(path, Profile(host="h", user="u", key=Path("k"), name=name))
    return path


def test_the_profile_written_or_chosen_last_is_in_use(two):
    assert profile_names(two) == ["default", "at home"]
    assert name_in_use(two) == "at home"
    use_profile(two, "default")
    assert name_in_use(two) == "default"
    assert read_settings(two).upload.connections == 2
    assert "# ours" in two.read_text(encoding="utf-8")


def test_a_profile_is_removed_and_another_one_takes_its_place(two):
    remove_profile(two, "at home")
    assert profile_names(two) == ["default"]
    assert name_in_use(two) == "default"
    remove_profile(two, "default")
    assert profile_names(two) == []


@pytest.mark.parametrize("change", [use_profile, remove_profile])
def test_an_unknown_profile_cannot_be_used_or_removed(two, change):
    with pytest.raises(ConfigError, match="no profile 'nowhere'"):
        change(two, "nowhere")
    assert profile_names(two) == ["default", "at home"]


def test_a_profile_without_a_name_is_refused(path):
    with pytest.raises(ConfigError, match="needs a name"):
        write_profile(path, Profile(host="h", user="u", name=" "))


@pytest.mark.parametrize("name", ["site.a", 'the "old" one', "it's", "a\nb", "[x]", "#1", "Köln"])
def test_a_profile_may_be_called_anything(path, name):
    write_profile(path, Profile(host="h", user="u", key=Path("k"), name=name))
    assert read_profile(path, name_in_use(path)).name == name
    remove_profile(path, name)
    assert profile_names(path) == []


def test_a_file_saved_by_notepad_is_read(path):
    path.write_text("[settings]\nconnections = 3\n", encoding="utf-8-sig")
    assert read_settings(path).upload.connections == 3


def test_a_missing_file_means_the_defaults(path):
    assert (read_profile(path), profile_names(path), name_in_use(path)) == (None, [], "default")
    assert read_settings(path).upload.connections == 12
