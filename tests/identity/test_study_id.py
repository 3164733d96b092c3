from uuid import UUID

import pytest

from neuroflow.identity import AccountKey, derive_id, origin, random_id, read_id

KEY = AccountKey(bytes(range(32)))
OTHER = AccountKey(bytes(32))
DIGEST = "1:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("repetition", "expected"),
    [
        (0, "805a00b0-0768-8d33-a1b5-05dbc89573ca"),
        (1, "805a01ed-6dc0-8d4a-a773-7010357a360c"),
        (255, "805affdf-3b67-8bb4-9ae4-f5578d83cdc9"),
    ],
)
def test_ids_are_the_same_in_every_version(repetition, expected):
    assert derive_id(KEY, DIGEST, repetition) == expected


def test_an_id_is_a_canonical_uuid_of_version_8():
    number = UUID(derive_id(KEY, DIGEST, 7))
    assert number.version == 8
    assert number.variant == "specified in RFC 4122"


def test_an_id_shows_its_key_and_its_repetition():
    found = read_id(derive_id(KEY, DIGEST, 7))
    assert (found.tag, found.repetition) == (KEY.tag, 7)
    assert origin(derive_id(OTHER, DIGEST)) == OTHER.tag != KEY.tag


def test_nothing_else_of_two_ids_of_one_scan_is_equal():
    ids = [derive_id(KEY, DIGEST, 0), derive_id(KEY, DIGEST, 1), derive_id(OTHER, DIGEST, 0)]
    assert len({each[9:] for each in ids}) == 3


def test_other_scans_and_keys_never_meet():
    ids = {derive_id(key, f"1:{n:064x}") for key in (KEY, OTHER) for n in range(2000)}
    assert len(ids) == 4000


@pytest.mark.parametrize(
    "name",
    [
        "",
        "S123",
        "71d900ea544a8b4598b12c5a71d2e0de",
        "{71d900ea-544a-8b45-98b1-2c5a71d2e0de}",
        "71d900ea-544a-8b45-c8b1-2c5a71d2e0de",
    ],
)
def test_names_of_other_forms_are_of_no_key(name):
    assert read_id(name) is None


def test_random_ids_are_of_no_key_and_never_equal():
    assert len({random_id() for _ in range(100)}) == 100
    assert origin(random_id()) == "random"


@pytest.mark.parametrize("repetition", [-1, 256])
def test_a_count_outside_eight_bits_is_refused(repetition):
    with pytest.raises(ValueError, match="times"):
        derive_id(KEY, DIGEST, repetition)


def test_the_id_of_a_scan_never_changes():
    assert derive_id(AccountKey(bytes(32)), "1:ab") == "71d900ea-544a-8b45-98b1-2c5a71d2e0de"
