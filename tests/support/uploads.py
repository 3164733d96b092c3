"""Studies of a cohort, and the zips of them at the service."""


def ids(cohort):
    """Return the ids of the studies of a cohort."""
    return [study.study_id for study in cohort.studies]


def packages_at(service):
    """Return the paths of the zips at the service."""
    return sorted((service.home / "input").rglob("*.zip"))


def ids_at(service):
    """Return the ids of the studies whose zips are at the service."""
    return sorted(path.stem for path in packages_at(service))
