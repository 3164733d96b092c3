import stat
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from neuroflow.errors import AccountKeyError
from neuroflow.identity import Account, AccountKey, derive_id, open_account
from neuroflow.identity.account_key import parse_key

NAME = "SITE_7@host.example:22"
DIGEST = "1:ab"


@pytest.fixture
def account(tmp_path):
    return Account(tmp_path / "here", NAME)


@pytest.fixture
def elsewhere(tmp_path):
    """Return the same account on another computer."""
    return Account(tmp_path / "elsewhere", NAME)


def test_a_key_is_made_once(account):
    assert account.key == account.key == Account(account.folder, NAME).key
    assert len(account.key.secret) == 32


def test_two_threads_make_one_key(account):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: Account(account.folder, NAME).key.tag, range(16)))
    assert len(set(found)) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="modes have no meaning there")
def test_only_the_owner_may_read_key_and_export(account, tmp_path):
    account.export_key(tmp_path / "exported")
    for path in (account.key_file, tmp_path / "exported"):
        assert path.exists() or account.key
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_repr_never_shows_the_secret(account):
    assert account.key.secret.hex()[:8] not in repr(account.key) + str(account.key)


def test_users_of_one_server_have_keys_of_their_own():
    one, other = open_account("A@host:22"), open_account("B@host:22")
    assert one.folder != other.folder
    assert open_account("A@HOST:22").folder == one.folder  # names of hosts know no case
    assert open_account("a@host:22").folder != one.folder  # those of users do


def test_a_cohort_older_than_the_profile_is_recognised():
    before = open_account("").id_of(DIGEST)
    after = open_account("NEW@host:22")
    assert after.id_of(DIGEST) != before
    assert after.key_of(before) == open_account("").key
    assert before in after.scans_of(DIGEST)


def test_keys_of_other_accounts_are_found_by_their_ids():
    old = open_account("LAB@old.example:22").id_of(DIGEST)
    assert open_account("LAB@new.example:22").key_of(old).tag == old[:4]


def test_another_accounts_damaged_key_stops_only_its_own_ids():
    account, damaged = open_account("LAB@sound.example:22"), open_account("LAB@damaged.example:22")
    own = account.id_of(DIGEST)
    damaged.folder.mkdir(parents=True)
    damaged.key_file.write_text("no key")
    try:
        assert account.key_of(own).tag == own[:4]
        with pytest.raises(AccountKeyError, match="cannot be read"):
            account.key_of(derive_id(AccountKey(bytes(32)), DIGEST))
    finally:
        damaged.key_file.unlink()


def test_an_imported_key_makes_the_same_ids(account, elsewhere, tmp_path):
    account.export_key(tmp_path / "key.txt")
    assert elsewhere.id_of(DIGEST) != account.id_of(DIGEST)
    own = elsewhere.id_of(DIGEST)
    elsewhere.import_key(tmp_path / "key.txt")
    assert elsewhere.id_of(DIGEST) == account.id_of(DIGEST)
    assert own in elsewhere.scans_of(DIGEST)  # ids of its own key are still recognised
    assert elsewhere.key_of(own).tag == own[:4]


def test_importing_twice_changes_nothing(account, elsewhere, tmp_path):
    account.export_key(tmp_path / "key.txt")
    elsewhere.import_key(tmp_path / "key.txt")
    keys = elsewhere.keys()
    elsewhere.import_key(tmp_path / "key.txt")
    assert elsewhere.keys() == keys


def test_an_id_of_an_absent_key_asks_for_the_key(account, elsewhere, tmp_path):
    study_id = elsewhere.id_of(DIGEST)
    with pytest.raises(AccountKeyError, match=f"{elsewhere.key.tag} is not on this") as caught:
        account.key_of(study_id)
    assert "account-key import" in caught.value.worded_for("cli").message
    elsewhere.export_key(tmp_path / "key.txt")
    account.import_key(tmp_path / "key.txt")
    assert account.key_of(study_id) == elsewhere.key


def test_a_random_id_has_no_key(account):
    assert account.key_of("123e4567-e89b-42d3-a456-426614174000") is None


@pytest.mark.parametrize(
    "text",
    ["", "# only a comment\n", "abcd 00\n", "not a key", "ffff " + "00" * 32 + "\n", "\x00\xff"],
)
def test_importing_a_file_without_key_is_refused_changing_nothing(account, tmp_path, text):
    key = account.key
    (tmp_path / "bad").write_bytes(text.encode("latin-1"))
    with pytest.raises(AccountKeyError):
        account.import_key(tmp_path / "bad")
    assert account.keys() == (key,)


def test_a_damaged_key_is_never_replaced_by_a_new_one(account):
    line = account.key.line
    account.key_file.write_text(line.replace(line[10], "0" if line[10] != "0" else "1"), "ascii")
    with pytest.raises(AccountKeyError, match=r"cannot be read.*Do not make a new one"):
        account.id_of(DIGEST)


def test_an_export_replaces_no_file(account, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(AccountKeyError, match="exists already"):
        account.export_key(tmp_path / "thesis.txt")
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_deidentification_and_ids_use_unrelated_secrets(account):
    assert account.key.salt != account.key.secret
    assert len(account.key.salt) == 32
    assert derive_id(AccountKey(account.key.salt), DIGEST) != account.id_of(DIGEST)


def test_a_key_is_read_from_its_line():
    assert parse_key(AccountKey(bytes(32)).line) == AccountKey(bytes(32))
