"""Shift the dates and times of a study so that it begins on 1 January 2000."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from dicognito.element_anonymizer import ElementAnonymizer
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from neuroflow.studies.dicom import first_moment, parse_datetime

START = datetime(2000, 1, 1)
"""The start of every study, without a time zone."""
_SPAN = timedelta(days=2)


class TimeShift(ElementAnonymizer):
    """Shifts dates and times; the time between two images stays the same."""

    def __init__(self, origin: datetime) -> None:
        self.origin = origin

    def __call__(self, dataset: Dataset, data_element: DataElement) -> bool:
        """Shift one element; a date is shifted together with its time."""
        if data_element.VR not in ("DA", "TM", "DT"):
            return False
        if data_element.VR == "TM":
            # A time with a date was shifted with it; elements come in the order of their tags.
            if not _shifted_with_date(dataset, data_element):
                data_element.value = self._shift_time(data_element.value)
        elif data_element.VR == "DT":
            data_element.value = self._shift(str(_first(data_element.value)), "%Y%m%d%H%M%S.%f")
        else:
            self._shift_pair(dataset, data_element)
        return True

    def describe_actions(self) -> Iterator[str]:
        """Describe what is done."""
        yield "Shift all dates and times so that the study begins on 2000-01-01"

    def _shift_pair(self, dataset: Dataset, data_element: DataElement) -> None:
        word = data_element.keyword.replace("Date", "Time")
        time = str(_first(dataset.get(word)) or "") if word != data_element.keyword else ""
        shifted = self._shift(str(_first(data_element.value) or "") + time, "%Y%m%d%H%M%S.%f")
        data_element.value = shifted[:8]
        if time:
            dataset[word].value = shifted[8:]

    def _shift_time(self, value: Any) -> str:
        day = self.origin.strftime("%Y%m%d")
        return self._shift(day + str(_first(value) or ""), "%Y%m%d%H%M%S.%f")[8:]

    def _shift(self, text: str, form: str) -> str:
        moment = parse_datetime(text)
        if moment is None:
            return ""
        since = moment - self.origin
        # A time before it or far away (a birth, a calibration) does not belong to the study.
        return (START + max(since, timedelta()) if since <= _SPAN else START).strftime(form)


def _shifted_with_date(dataset: Dataset, element: DataElement) -> bool:
    word = element.keyword.replace("Time", "Date")
    return word != element.keyword and bool(dataset.get(word))


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, MultiValue | list) and value else value


def earliest(dataset: Dataset) -> datetime | None:
    """Find the start of a study in one of its headers."""
    moments = (
        f"{_first(dataset.get(f'{word}Date')) or ''}{_first(dataset.get(f'{word}Time')) or ''}"
        for word in ("Study", "Series", "Acquisition", "Content")
    )
    return parse_datetime(first_moment(moments))
