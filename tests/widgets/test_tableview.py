import pandas as pd

from neuroflow.widgets.model import FormModel
from neuroflow.widgets.tableview import PER_PAGE, TableView


def view(rows):
    table = TableView(FormModel(), "Studies")
    table.show(pd.DataFrame({"study": [f"sub-{n:05d}" for n in range(rows)], "state": "sent"}))
    return table


def drawn(table):
    return table._html.value.count("<tr>") - 1


def test_a_long_table_is_shown_page_by_page():
    table = view(2 * PER_PAGE + 1)
    assert drawn(table) == PER_PAGE
    table._next.click()
    table._next.click()
    assert drawn(table) == 1
    assert table._next.disabled
    assert "page 3 of 3" in table._where.value


def test_searching_starts_at_the_first_page_of_what_was_found():
    table = view(3 * PER_PAGE)
    table._next.click()
    table._search.value = "SUB-00007 sent"
    assert drawn(table) == 1
    assert f"1 of {3 * PER_PAGE} rows" in table._where.value


def test_a_new_table_keeps_page_and_search_where_it_can():
    table = view(2 * PER_PAGE)
    table._next.click()
    table.show(pd.DataFrame({"study": ["sub-1"], "state": ["sent"]}))
    assert drawn(table) == 1


def test_nothing_to_show_takes_the_table_away():
    assert view(0).layout.display == "none"
