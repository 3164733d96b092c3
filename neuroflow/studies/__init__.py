"""From a folder of scans to packages: find, check, de-identify, zip."""
