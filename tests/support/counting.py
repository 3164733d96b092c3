"""The embedded service, counting what it was given."""

from neuroflow.demo.service.server import DemoService


class Counting(DemoService):
    """The embedded service, noting every upload it was given: the study and its length."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.arrived = []

    def _on_file(self, path):
        self.arrived.append((path.stem, path.stat().st_size))
        super()._on_file(path)

    def wholes(self, packages):
        """Tell how often each of the packages arrived whole."""
        sizes = {package.study_id: package.size for package in packages}
        whole = [name for name, length in self.arrived if sizes[name] == length]
        return [whole.count(package.study_id) for package in packages]
