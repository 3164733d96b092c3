"""Small diffusion studies as scanners write them, full of things that name a patient."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nibabel as nib
import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from neuroflow.demo.scans import ge, philips, siemens
from neuroflow.demo.scans.dicom import item
from neuroflow.demo.scans.encoding import (
    DicomTemplate,
    element,
    encoded,
    sequence,
    write_encoded,
)
from neuroflow.demo.scans.phantom import half_sphere, slice_times

MR = "1.2.840.10008.5.1.4.1.1.4"
_FRAMES = 0x52009230  # PerFrameFunctionalGroupsSequence
ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"
SECRETS = {
    "name": "MUSTERMANN^ERIKA",
    "family": "MUSTERMANN",
    "patient_id": "MRN7654321",
    "accession": "ACC998877",
    "institution": "Klinikum Beispielstadt",
    "operator": "SCHREIBER",
    "physician": "DOKTOR^ANNA",
    "station": "MRSTATION42",
    "serial": "SN5550123",
    "birth": "19640229",
    "day": "20240315",
    "time": "142233",
    "root": "1.2.840.99999.7",
}
"""What may be nowhere in a package."""


@dataclass
class Scan:
    """How a study is written; every part of it can be made wrong."""

    vendor: str = "siemens"
    n_slices: int = 64
    n_b0: int = 2
    n_directions: int = 30
    size: int = 4
    patient_id: str = SECRETS["patient_id"]
    name: str = SECRETS["name"]
    number: int = 1
    header: dict = field(default_factory=dict)
    gap: float = 0.0
    syntax: str = ExplicitVRLittleEndian

    @property
    def study_uid(self) -> str:
        return f"{SECRETS['root']}.{self.number}"

    @property
    def b_values(self) -> np.ndarray:
        return np.array([0.0] * self.n_b0 + [1000.0] * self.n_directions)

    @property
    def vectors(self) -> np.ndarray:
        return np.vstack([np.zeros((self.n_b0, 3)), half_sphere(self.n_directions)])


SMALL = Scan(n_slices=3, n_directions=2)
"""Quick to write, and read like a whole study."""


def header(scan: Scan, instance: int) -> FileDataset:
    """A classic MR header without place and weighting."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MR
    meta.MediaStorageSOPInstanceUID = f"{scan.study_uid}.1.{instance}"
    meta.TransferSyntaxUID = scan.syntax
    meta.ImplementationClassUID = f"{SECRETS['root']}.9"
    meta.SourceApplicationEntityTitle = SECRETS["station"]
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "DIFFUSION", "NONE"]
    ds.SOPClassUID, ds.SOPInstanceUID = MR, meta.MediaStorageSOPInstanceUID
    ds.StudyInstanceUID, ds.SeriesInstanceUID = scan.study_uid, f"{scan.study_uid}.1"
    ds.FrameOfReferenceUID = f"{scan.study_uid}.8"
    for word in ("Study", "Series", "Acquisition", "Content"):
        setattr(ds, f"{word}Date", SECRETS["day"])
        setattr(ds, f"{word}Time", f"{SECRETS['time']}.{instance:06d}")
    ds.AcquisitionDateTime = SECRETS["day"] + SECRETS["time"]
    ds.Modality, ds.Manufacturer = "MR", scan.vendor.upper()
    ds.InstitutionName, ds.StationName = SECRETS["institution"], SECRETS["station"]
    ds.OperatorsName, ds.ReferringPhysicianName = SECRETS["operator"], SECRETS["physician"]
    ds.DeviceSerialNumber, ds.AccessionNumber = SECRETS["serial"], SECRETS["accession"]
    ds.PatientName, ds.PatientID = scan.name, scan.patient_id
    ds.PatientBirthDate, ds.PatientSex, ds.PatientAge = SECRETS["birth"], "F", "060Y"
    ds.StudyDescription = f"Brain {SECRETS['family']}"
    ds.SeriesDescription = ds.ProtocolName = f"DTI {SECRETS['family']}"
    ds.ImageComments = f"called {SECRETS['physician']} on {SECRETS['day']}"
    request = Dataset()
    request.AccessionNumber = SECRETS["accession"]
    request.RequestingPhysician = SECRETS["physician"]
    ds.RequestAttributesSequence = Sequence([request])
    ds.ScanningSequence, ds.SequenceVariant = ["SE", "EP"], "SK"
    ds.MRAcquisitionType, ds.SequenceName = "2D", "ep_b1000#1"
    ds.MagneticFieldStrength, ds.RepetitionTime, ds.EchoTime = 3, 9000, 88
    ds.FlipAngle, ds.SliceThickness, ds.SpacingBetweenSlices = 90, 2, 2 + scan.gap
    ds.PixelSpacing = [2, 2]
    ds.SeriesNumber, ds.InstanceNumber = 5, instance
    ds.InPlanePhaseEncodingDirection = "COL"
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows = ds.Columns = scan.size
    ds.BitsAllocated = ds.BitsStored = 16
    ds.HighBit, ds.PixelRepresentation = 15, 0
    for word, value in scan.header.items():
        if value is None:
            delattr(ds, word)
        else:
            setattr(ds, word, value)
    return ds


def weight(ds: Dataset, vendor: str, b_value: float, vector: np.ndarray) -> None:
    """Write the weighting into the private attributes of a vendor."""
    if vendor == "siemens":
        for word in (0x0019100E, 0x00191027):
            ds.pop(word, None)
        siemens.add_weighting(ds, b_value, vector)
        other = ds.private_block(0x0029, "SIEMENS MEDCOM OOG", create=True)
        other.add_new(0x10, "LO", f"drawn by {SECRETS['operator']}")
    elif vendor == "ge":
        code = int(b_value) + (1_000_000_000 if b_value else 0)  # GE marks weighted images so
        ge.add_weighting(ds, code, vector, n_directions=30)
        parm = ds.private_block(0x0043, "GEMS_PARM_01", create=True)
        parm.add_new(0x61, "UI", f"{SECRETS['root']}.77")
        ident = ds.private_block(0x0009, "GEMS_IDEN_01", create=True)
        ident.add_new(0x02, "SH", SECRETS["station"])
    else:
        philips.add_weighting(ds, b_value, vector)
        five = ds.private_block(0x2005, "Philips MR Imaging DD 005", create=True)
        five.add_new(0x15, "SL", 31)
        private = Dataset()
        private.PatientName = SECRETS["name"]
        private.SOPInstanceUID = f"{SECRETS['root']}.66"
        inner = private.private_block(0x2005, "Philips MR Imaging DD 005", create=True)
        inner.add_new(0x14, "SL", 2)
        inner.add_new(0x38, "LT", f"note on {SECRETS['family']}")
        five.add_new(0x0F, "SQ", Sequence([private]))


_OF_A_SLICE = (0x00080018, 0x00080032, 0x00200013, 0x00200032, 0x7FE00010)


def write_dicom(folder: Path, scan: Scan, *, suffix: str = ".dcm") -> list[Path]:
    """One file per slice and volume."""
    folder.mkdir(parents=True, exist_ok=True)
    paths, instance = [], 0
    noise = np.random.default_rng(scan.number)
    ds = header(scan, 0)
    ds.ImagePositionPatient, ds.PixelData = [0, 0, 0], b"\0\0"
    ds["PixelData"].VR = "OW"
    for b_value, vector in zip(scan.b_values, scan.vectors, strict=True):
        weight(ds, scan.vendor, b_value, vector)
        template = DicomTemplate(ds, *_OF_A_SLICE)
        for level in range(scan.n_slices):
            instance += 1
            own = (
                ("UI", f"{scan.study_uid}.1.{instance}"),
                ("TM", f"{SECRETS['time']}.{instance:06d}"),
                ("IS", str(instance)),
                ("DS", f"-10\\-10\\{level * (2 + scan.gap)}"),
                ("OW", noise.integers(0, 4000, scan.size**2, dtype=np.uint16).tobytes()),
            )
            elements = zip(_OF_A_SLICE, own, strict=True)
            body = template.filled({tag: element(tag, *value) for tag, value in elements})
            paths.append(folder / f"{SECRETS['family']}_{instance:05d}{suffix}")
            _write(paths[-1], body, MR, own[0][1])
            if scan.syntax != ExplicitVRLittleEndian:
                image = pydicom.dcmread(paths[-1])
                image.file_meta.TransferSyntaxUID = scan.syntax
                pydicom.dcmwrite(paths[-1], image, enforce_file_format=True)
    return paths


def _write(path: Path, body: bytes, storage: str, instance: str) -> None:
    source, software = SECRETS["station"], f"{SECRETS['root']}.9"
    write_encoded(path, body, storage=storage, instance=instance, source=source, software=software)


def write_mosaic(folder: Path, scan: Scan, *, suffix: str = ".IMA") -> list[Path]:
    """Siemens: one file per volume, slices interleaved."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    tiles = int(np.ceil(np.sqrt(scan.n_slices)))
    times = slice_times(100.0 * scan.n_slices, scan.n_slices)
    weights = zip(scan.b_values, scan.vectors, strict=True)
    for instance, (b_value, vector) in enumerate(weights, 1):
        ds = header(scan, instance)
        ds.ImageType = [*ds.ImageType, "MOSAIC"]
        ds.ImagePositionPatient = [-10, -10, 0]
        weight(ds, "siemens", b_value, vector)
        siemens.add_mosaic(ds, times)
        ds.Rows = ds.Columns = scan.size * tiles
        ds.PixelData = np.full((ds.Rows, ds.Columns), instance, np.uint16).tobytes()
        paths.append(folder / f"{SECRETS['family']}{instance:04d}{suffix}")
        ds.save_as(paths[-1], enforce_file_format=True)
    return paths


def write_enhanced(folder: Path, scan: Scan) -> Path:
    """Enhanced MR: the whole series in one file."""
    folder.mkdir(parents=True, exist_ok=True)
    ds = header(scan, 1)
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = ENHANCED_MR
    for word in ("EchoTime", "RepetitionTime", "FlipAngle", "SliceThickness", "PixelSpacing"):
        delattr(ds, word)
    del ds.ImageOrientationPatient
    shared = Dataset()
    shared.PlaneOrientationSequence = [item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])]
    measures = item(SliceThickness=2, SpacingBetweenSlices=2, PixelSpacing=[2, 2])
    shared.PixelMeasuresSequence = [measures]
    shared.MRTimingAndRelatedParametersSequence = [item(RepetitionTime=9000, FlipAngle=90)]
    shared.MREchoSequence = [item(EffectiveEchoTime=88.0)]
    ds.SharedFunctionalGroupsSequence = [shared]
    ds.NumberOfFrames = len(scan.b_values) * scan.n_slices
    ds.PixelData = np.zeros(ds.NumberOfFrames * scan.size**2, np.uint16).tobytes()
    ds["PixelData"].VR = "OW"
    path = folder / f"{SECRETS['family']}.dcm"
    body = encoded(ds[:_FRAMES]) + sequence(_FRAMES, _frames(scan)) + encoded(ds[_FRAMES:])
    _write(path, body, ENHANCED_MR, ds.SOPInstanceUID)
    return path


def _frames(scan: Scan) -> Iterator[bytes]:
    """Encode the functional groups of each frame; volumes and slices have their own."""
    content = item(
        FrameAcquisitionDateTime=SECRETS["day"] + SECRETS["time"],
        FrameComments=f"frame of {SECRETS['family']}",
    )
    reference = item(ReferencedSOPInstanceUID=f"{SECRETS['root']}.5")
    shared = encoded(item(FrameContentSequence=[content]))
    positions = [
        shared
        + encoded(item(PlanePositionSequence=[item(ImagePositionPatient=[-10, -10, 2 * level])]))
        for level in range(scan.n_slices)
    ]
    for b_value, vector in zip(scan.b_values, scan.vectors, strict=True):
        weighting = item(DiffusionDirectionality="DIRECTIONAL" if b_value else "NONE")
        if b_value:
            weighting.DiffusionBValue = float(b_value)
            direction = item(DiffusionGradientOrientation=[float(part) for part in vector])
            weighting.DiffusionGradientDirectionSequence = [direction]
        own = encoded(item(ReferencedImageSequence=[reference], MRDiffusionSequence=[weighting]))
        yield from (own + position for position in positions)


def write_nifti(folder: Path, scan: Scan, *, stem: str = "dwi", suffix: str = ".nii.gz") -> Path:
    """An image, its gradients and its sidecar."""
    folder.mkdir(parents=True, exist_ok=True)
    shape = (scan.size, scan.size, scan.n_slices, len(scan.b_values))
    data = np.random.default_rng(scan.number).integers(0, 4000, shape).astype(np.int16)
    image = nib.Nifti1Image(data, np.diag([2.0, 2.0, 2.0, 1.0]))
    image.header.set_xyzt_units("mm", "sec")
    image.header["descrip"] = f"TE=88;Time={SECRETS['time']}".encode()
    comment = f"converted for {SECRETS['name']}".encode()
    image.header.extensions.append(nib.nifti1.Nifti1Extension("comment", comment))
    path = folder / f"{stem}{suffix}"
    nib.save(image, path)
    (folder / f"{stem}.bval").write_text(" ".join(f"{b:g}" for b in scan.b_values) + "\n")
    np.savetxt(folder / f"{stem}.bvec", scan.vectors.T, fmt="%.8f")
    sidecar = {
        "PatientAge": "060Y",
        "PatientSex": "F",
        "PatientName": scan.name,
        "AcquisitionTime": SECRETS["time"],
        "InstitutionName": SECRETS["institution"],
        "DeviceSerialNumber": SECRETS["serial"],
        "MagneticFieldStrength": 3,
        "RepetitionTime": 9,
        "EchoTime": 0.088,
        "FlipAngle": 90,
        "ScanningSequence": "SE_EP",
        "SliceThickness": 2,
        "SpacingBetweenSlices": 2,
        "SliceTiming": slice_times(0.1 * scan.n_slices, scan.n_slices).tolist(),
    }
    (folder / f"{stem}.json").write_text(json.dumps(sidecar), encoding="utf-8")
    return path
