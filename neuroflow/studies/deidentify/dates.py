"""Dates and times of a study, moved so that it begins at the start of the year 2000."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from dicognito.element_anonymizer import ElementAnonymizer
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from neuroflow.studies.dicom import parse_datetime

START = datetime(2000, 1, 1)
"""When every study begins, in no time zone."""
_SPAN = timedelta(days=2)


class TimeShift(ElementAnonymizer):
    """Moves dates and times; what lies between two images stays as it was."""

    def __init__(self, origin: datetime) -> None:
        self.origin = origin

    def __call__(self, dataset: Dataset, data_element: DataElement) -> bool:
        """Move one element; a date takes the time beside it along."""
        if data_element.VR not in ("DA", "TM", "DT"):
            return False
        if data_element.VR == "TM":
            # Those beside a date were moved with it; elements come in the order of their tags.
            if not _moved_with_a_date(dataset, data_element):
                data_element.value = self._shift_time(data_element.value)
        elif data_element.VR == "DT":
            data_element.value = self._shift(str(_first(data_element.value)), "%Y%m%d%H%M%S.%f")
        else:
            self._shift_pair(dataset, data_element)
        return True

    def describe_actions(self) -> Iterator[str]:
        """Say what is done."""
        yield "Move all dates and times so that the study begins on 2000-01-01"

    def _shift_pair(self, dataset: Dataset, data_element: DataElement) -> None:
        word = data_element.keyword.replace("Date", "Time")
        time = str(_first(dataset.get(word)) or "") if word != data_element.keyword else ""
        moved = self._shift(str(_first(data_element.value) or "") + time, "%Y%m%d%H%M%S.%f")
        data_element.value = moved[:8]
        if time:
            dataset[word].value = moved[8:]

    def _shift_time(self, value: Any) -> str:
        day = self.origin.strftime("%Y%m%d")
        return self._shift(day + str(_first(value) or ""), "%Y%m%d%H%M%S.%f")[8:]

    def _shift(self, text: str, form: str) -> str:
        moment = parse_datetime(text)
        if moment is None:
            return ""
        since = moment - self.origin
        # What lies far off (a birth, a calibration) is not of this study.
        inside = -timedelta(hours=1) <= since <= _SPAN
        return (START + max(since, timedelta()) if inside else START).strftime(form)


def _moved_with_a_date(dataset: Dataset, element: DataElement) -> bool:
    word = element.keyword.replace("Time", "Date")
    return word != element.keyword and bool(dataset.get(word))


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, MultiValue | list) and value else value


def earliest(dataset: Dataset) -> datetime | None:
    """Find when a study began, as one of its headers tells."""
    moments = []
    for word in ("Study", "Series", "Acquisition", "Content"):
        day, time = dataset.get(f"{word}Date"), dataset.get(f"{word}Time")
        moment = parse_datetime(f"{_first(day) or ''}{_first(time) or ''}")
        if moment is not None:
            moments.append(moment)
    return min(moments, default=None)
