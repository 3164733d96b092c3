"""The values of an element: texts, numbers, and the codes and makers that are known.

Codes are terms of DICOM's MR modules, and those of the manufacturers. A code is kept only where it
is one of these, so that a name in the place of a code is not.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence

from pydicom.multival import MultiValue

_NUMBER = re.compile(r"[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?")
_LONGEST = 64
_GENERAL = """
YES NO Y N NONE ON OFF U UNKNOWN OTHER UNDEFINED TRUE FALSE MIXED PRODUCT RESEARCH SERVICE
MONOCHROME MONOCHROME1 MONOCHROME2 RGB YBR_FULL YBR_FULL_422 YBR_RCT YBR_ICT IDENTITY INVERSE
VOLUME SAMPLED DISTORTED LINEAR LINEAR_EXACT SIGMOID PALETTE COLOR TRUE_COLOR OFFSET RESCALE
LOSSY LOSSLESS ISO_10918_1 ISO_14495_1 ISO_15444_1 ISO_13818_1 00 01
MR M F O HFS HFP HFDR HFDL FFS FFP FFDR FFDL LFP LFS RFP RFDR AFDR AFDL PFDR PFDL SITTING
IEC IEC_FIRST_LEVEL IEC_SECOND_LEVEL NORMAL FIRST_LEVEL SECOND_LEVEL
BRAIN HEAD HEADNECK NECK SKULL CEREBRUM BRAINSTEM WHOLEBODY CSPINE SPINE B R L
"""
_ACQUISITION = """
SE IR GR EP RM SK MTC SS TRSS SP MP OSP 2D 3D PER RG CG PPG FC PFF PFP FS PF FR FP SP SAT1 SAT2 SAT3
ROW COL COLUMN FREQUENCY PHASE SLICE READOUT SLICE_SELECT SLICE_AND_FREQ SLICE_FREQ_PHASE
PHASE_AND_FREQ
PHASE_FREQ SLICE_AND_PHASE SPIN GRADIENT BOTH DUAL SINGLE MULTIPLE SEGMENTED TURBO PARTIAL FULL
RECTILINEAR RADIAL SPIRAL REVERSE_LINEAR CENTRIC REVERSE_CENTRIC SEGMENTED_LINEAR
SEGMENTED_CENTRIC PILS SENSE SMASH GRAPPA CAIPIRINHA ASSET ARC MSENSE CONVENTIONAL
HALF QUARTER ZERO ZEROFILL BIPOLAR MONOPOLAR UNIPOLAR DIRECTIONAL BMATRIX ISOTROPIC
ACCELERATION VELOCITY CONTRAST WATER FAT WATER_FAT FAT_SUPPRESSED WATER_EXCITATION
FREQ_SELECTIVE SPECTRAL_FAT STIR SPAIR SPIR CHESS IDENTIFIED HIGH_FREQUENCY LOW_FREQUENCY
PRE POST ALTERNATING SURFACE BODY VOLUME MULTICOIL ARRAY QUADRATURE CONTINUOUS PULSED
STATIC_FIELD RF REAL IMAGINARY MAGNITUDE COMPLEX DIFFUSION PERFUSION FLOW_ENCODED
FLUID_ATTENUATED PROTON_DENSITY STIR TAGGING T1 T2 T2_STAR TOF SPIN_ECHO GRADIENT_ECHO DERIVED
ORIGINAL PRIMARY SECONDARY AXIAL SAGITTAL CORONAL OBLIQUE TRANSVERSAL TRANSVERSE LOCALIZER
ADC EADC DIFF B_VALUE REP_TIME INV_TIME ECHO_TIME FLIP_ANGLE FIELD_MAP METABOLITE
SKIP EVEN ODD ASCENDING DESCENDING INTERLEAVED TEMPORAL SPATIAL ACQUISITION EXTERNAL INTERNAL
BREATH_HOLD REALTIME GATING TRACKING NAVIGATOR RESPIRATION TRIGGER FREE_BREATHING RETROSPECTIVE
PROSPECTIVE PACED SLAB WATER_FAT_PHASE PHASE_CONTRAST STEADY_STATE STEADY_STATE_PRECESSION
GRADIENT_RF RF_SPOILED TRANSVERSE_STEADY LONGITUDINAL FREE_PRECESSION BALANCED
"""
_MAKERS = """
ND NORM DIS2D DIS3D FM FM1_2 FM2_1 FM3_2 FM4_1 FM4_2 FM_1_1 FIL
FILTERED LP MOSAIC MFSPLIT SH SHIM MSH
FSM SN PFL PAT PAT2 MB DFC DRB SNR DIXON MOCO MEAN SUM SUB MIP MPR CSA RESAMPLED CSAPARALLEL
TENSOR TENSOR_B0 TRACEW TRACE FA COLFA CALC_BVALUE EXP ADC_UNSPECIFIED UNSPECIFIED VFRAME
P I S A H RL AP FH LR PA HF TRA SAG COR RAS LAS LPH LPS M_SE M_FFE M_IR M_B0
P_SE P_FFE R_SE R_FFE I_SE I_FFE
R_IR I_IR P_IR SENSEMAP PHASE_MAP B0 MS MSH CINE EPI EFFE FFE TFE TSE GRASE
EPI_GEMS FAST_GEMS FC_FREQ_AX_GEMS FC_SLICE_AX_GEMS FC_PHASE_AX_GEMS PHASE_GEMS SAT_GEMS
SEQ_GEMS NPW SFS SS_GEMS TRF_GEMS VASCTOF_GEMS VB_GEMS XL_GEMS FILTERED_GEMS RESP_GEMS CARD_GEMS
FR_GEMS IR_GEMS ACC_GEMS ASSET_GEMS ARC_GEMS EDR_GEMS HYPERSENSE_GEMS PROPELLER_GEMS
FS FSS IFS IFS1 PFP DB SFP LFS PROP WE WS SWI SPEC PJN PPF
PCA MAG INNORM NOFILTER UNI INV1 INV2 MULTI STACK PARALLEL FIXED VARIABLE AUTO DIFFUSION_EPI
MULTIECHO SINGLE_ECHO MAXIMUM MINIMUM DEFAULT STANDARD ENHANCED CLASSIC DYNAMIC CARDIAC
PIXEL MINIMAL USER INITIAL COMPLETED MAN FIRSTLEVEL
"""
CODES = frozenset((*_GENERAL.split(), *_ACQUISITION.split(), *_MAKERS.split(), "PALETTE COLOR"))
_FORMS = re.compile(
    r"(?:IMAGE|SPEC|SERIES) NUM ?\d{1,2}|MR|CSA (?:RESAMPLED|MIP|MPR|PARALLEL)|CC:\w{3}\d?"
)
CHARSETS = re.compile(r"ISO[_ ]IR[_ ]\d{1,3}|ISO 2022 IR \d{1,3}|GB18030|GBK|UTF-?8|")
"""Character sets (PS3.3, C.12.1.1.2), and some of their misspellings."""
BINARY = frozenset({"AT", "FL", "FD", "SL", "SS", "SV", "UL", "US", "UV"})
"""Types of numbers that are stored as bytes."""
_LARGEST = 1e9
"""No float of the acquisition is larger, or, apart from zero, smaller than its inverse."""
_LONG_TEXT = re.compile(rb"[ -~]{16}")  # bytes of numbers are seldom letters for so long
_MAKER = re.compile(
    r"siemens|philips|ge\b|canon|toshiba|uih|united imaging|hitachi|fujifilm|bruker", re.I
)
_MAKER_NAMES = frozenset(
    {
        "siemens",
        "siemens healthineers",
        "siemens healthcare gmbh",
        "ge medical systems",
        "ge healthcare",
        "general electric",
        "ge",
        "philips",
        "philips medical systems",
        "philips healthcare",
        "canon_mec",
        "canon medical systems",
        "canon medical systems corporation",
        "toshiba_mec",
        "toshiba",
        "uih",
        "united imaging",
        "united imaging healthcare",
        "hitachi medical corporation",
        "hitachi, ltd.",
        "hitachi",
        "fujifilm healthcare corporation",
        "fujifilm",
        "bruker",
        "bruker biospin mri gmbh",
        "bruker biospin",
    }
)


def is_code(text: str) -> bool:
    """Check whether a text is one of the known codes.

    Examples
    --------
    >>> is_code("MONOCHROME2"), is_code("IMAGE NUM 4"), is_code("MILLER")
    (True, True, False)
    """
    word = text.strip(" \0").upper()
    return not word or word in CODES or _FORMS.fullmatch(word) is not None


def maker(text: str) -> str | None:
    """Return a manufacturer's name as it is, or only its first word where more was added.

    Examples
    --------
    >>> maker("SIEMENS"), maker("Siemens Miller Praxis"), maker("A clinic")
    ('SIEMENS', 'Siemens', None)
    """
    name = text.strip(" \0")
    if name.lower() in _MAKER_NAMES:
        return name
    found = _MAKER.match(name)
    return found.group() if found else None


def are_numbers(value: object) -> bool:
    """Check that all values are numbers, or empty.

    Examples
    --------
    >>> are_numbers(["1.5", "-2e3", ""]), are_numbers("MILLER")
    (True, False)
    """
    return all(
        not text.strip() or (len(text) <= _LONGEST and _NUMBER.fullmatch(text.strip()))
        for text in texts(value)
    )


def are_so_many(vr: str, value: object, multiplicity: str, most: int) -> bool:
    """Check that binary numbers are no more than an attribute has, and no bytes of a text.

    A wrong length makes an element swallow those after it, with the names in them. Of an
    attribute with any number of values, `most` are kept, or more of the size of measures.

    Examples
    --------
    >>> are_so_many("US", 3, "1", 16), are_so_many("US", [21343, 14658], "1", 16)
    (True, False)
    >>> are_so_many("FD", [0.0, 52.5, 105.0], "1-n", 2), are_so_many("FD", [2e40], "1-n", 2)
    (True, False)
    """
    if vr not in BINARY:
        return True
    numbers = value if isinstance(value, MultiValue | list | tuple) else [value]
    limit = multiplicity.rpartition("-")[2]
    if len(numbers) <= (int(limit) if limit.isdigit() else 0 if vr == "FD" else most):
        return True
    if vr != "FD" or limit.isdigit() or not all(map(is_measure, numbers)):
        return False
    return _LONG_TEXT.search(struct.pack(f"<{len(numbers)}d", *numbers)) is None


def is_measure(number: float) -> bool:
    """Check that a float is of a size that measures have; those of letters are not."""
    return number == 0 or 1 / _LARGEST < abs(number) < _LARGEST


def texts(value: object) -> Sequence[str]:
    """Return the values of an element as texts."""
    if value is None:
        return ()
    if isinstance(value, MultiValue | list | tuple):
        return [text for one in value for text in texts(one)]
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return [part.strip(" \0") for part in text.split("\\")]
