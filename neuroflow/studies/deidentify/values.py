"""The values of an element: texts, numbers, and the codes that are known.

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
_SHORT_TEXT = re.compile(rb"[ -~]{5,}")
_PACKED = {"FL": "f", "FD": "d", "SS": "h", "US": "H", "SL": "i", "UL": "I", "SV": "q", "UV": "Q"}
_MODEL_WORDS = """
MAGNETOM PRISMA PRISMAFIT SKYRA SKYRAFIT VIDA VIDAFIT TRIO TRIOTIM VERIO AERA AERAFIT AVANTO
AVANTOFIT ESPREE ESSENZA SOLA SOLAFIT LUMINA AMIRA SEMPRA ALTEA SPECTRA SYMPHONY SYMPHONYTIM
SYMPHONYVISION SONATA SONATAVISION HARMONY CONCERTO ALLEGRA TERRA CIMA FREE MAX STAR FLOW VISION
BIOGRAPH MMR CONNECTOM INVESTIGATIONAL DEVICE NUMARIS TIM FIT PLUS DOT NOVA MAESTRO CLASS SYSTEM
SIEMENS HEALTHINEERS GE MEDICAL SYSTEMS PHILIPS CANON TOSHIBA HITACHI UIH BRUKER FUJIFILM
SIGNA GENESIS HDX HDXT HDE HD EXCITE DISCOVERY OPTIMA ARCHITECT PREMIER PIONEER ARTIST VOYAGER
HERO EXPLORER CREATOR VICTOR CHAMPION UHP PET MR MRI BRIVO LX INFINITY HORIZON OVATION PROFILE
WORKS EDITION AIR PRIME EXPERT SILENT RESEARCH
INGENIA ELITION AMBITION ACHIEVA DSTREAM INTERA GYROSCAN PANORAMA HFO MULTIVA PRODIVA INGENUITY
EVOLUTION SMARTPATH QUASAR DUAL MASTER POWER RELEASE CX TX TF NT
VANTAGE TITAN GALAN ORIAN ELAN FORTIAN CENTURIAN ATLAS XGV ZGV ZGO
UMR UPMR OMEGA JUPITER NX ECHELON OVAL SMART SYNERGY OASIS APERTO LUCENT AIRIS VELOCITY TRILLIUM
BIOSPEC PHARMASCAN CLINSCAN AVANCE SWOOP
"""
_VERSION_WORDS = """
SYNGO MR SOFTWARE RELEASE LX EA SP HF LATEST NUMARIS PRODUCT RESEARCH VERSION BUILD SUPPORT PATCH
VA VB VD VE XA DV HD MP PARAVISION TOPSPIN
"""
_SEQUENCE_WORDS = """
EP EPI EPFID EPSE SE SEEPI DWISE FEEPI SSEPI GE GRE GR FE FFE FID FL TFL TFE FLASH FISP TSE FSE IR
SPC SPACE SS MS RM RS SK SP MUSE RESOLVE ZOOM ZOOMIT FOCUS PROPELLER HASTE TRUFI GRASE STEAM
EPIRT RESEARCH PRODUCT WIP CMRR MGH JHU DIFF DIFFUSION DWI DTI DSI HARDI DKI DW DIF TENSOR TRACE
ADC MB SMS PAT AX TRA SAG COR COL ISO DIR DIRS DIRECTION DIRECTIONS FREE STD SPLICE SHOT MULTI
SINGLE ECHO SPIN FAST FS FATSAT STIR SPAIR AP PA LR RL HF FH REV REVERSED
"""
MODEL = frozenset(_MODEL_WORDS.split())
VERSION = frozenset(_VERSION_WORDS.split())
SEQUENCE = frozenset(_SEQUENCE_WORDS.split())
"""Words that names of scanners, of their software and of sequences are made of."""
_PIECES = re.compile(r"[^\W_]+")
_RUNS = re.compile(r"[^\W\d_]+|\d+")
_JOINED = re.compile(
    r"(?:EPI|EP|SE|FID|FL|TFL|TSE|GRE|FE|IR|SPC|DIFF?|DWI|DTI|BVAL|MB|[23]D|[BDPRSTX](?=\d)|\d{1,4}"
    r"|[DT](?=$))+"
)


def is_code(text: str) -> bool:
    """Check whether a text is one of the known codes.

    >>> is_code("MONOCHROME2"), is_code("IMAGE NUM 4"), is_code("MILLER")
    (True, True, False)
    """
    word = text.strip(" \0").upper()
    return not word or word in CODES or _FORMS.fullmatch(word) is not None


def known_words(text: str, known: frozenset[str]) -> str:
    """Return a text without the words that are none of the field, nor numbers of it.

    Letters of a piece have to be a known word, or one or two beside digits; a number has at most
    four digits. Where no word is left, nothing is.
    """
    pieces = list(_PIECES.finditer(text))
    if all(_is_known(piece.group(), known) for piece in pieces):
        return text
    kept, end = "", 0
    for piece in pieces:
        if _is_known(piece.group(), known):
            gap = text[end : piece.start()]
            kept += (gap if len(gap) == 1 or not kept else gap[-1:]) + piece.group()
        end = piece.end()
    return kept if any(not piece.isdecimal() for piece in _PIECES.findall(kept)) else ""


def _is_known(piece: str, known: frozenset[str]) -> bool:
    upper = piece.upper()
    if upper in known or (known is SEQUENCE and _JOINED.fullmatch(upper)):
        return True
    runs = _RUNS.findall(upper)
    if not upper.isascii() or "".join(runs) != upper:
        return False
    is_mixed = len(runs) > 1
    return all(
        len(run) <= 4 if run.isdecimal() else run in known or len(run) <= (2 if is_mixed else 1)
        for run in runs
    )


def are_numbers(value: object) -> bool:
    """Check that all values are numbers, or empty.

    >>> are_numbers(["1.5", "-2e3", ""]), are_numbers("MILLER")
    (True, False)
    """
    return all(
        not text.strip() or (len(text) <= _LONGEST and _NUMBER.fullmatch(text.strip()))
        for text in texts(value)
    )


def are_so_many(vr: str, value: object, multiplicity: str, most: int) -> bool:
    """Check that binary numbers are no more than an attribute has, and no bytes of a text.

    A wrong length makes an element swallow those after it, with the names in them.
    """
    if vr not in BINARY:
        return True
    numbers = value if isinstance(value, MultiValue | list | tuple) else [value]
    # Of an attribute with any number of values, `most` are kept, or more of the size of measures.
    limit = multiplicity.rpartition("-")[2]
    if len(numbers) > (int(limit) if limit.isdigit() else 0 if vr == "FD" else most) and (
        vr != "FD" or limit.isdigit() or not all(map(is_measure, numbers))
    ):
        return False
    return _LONG_TEXT.search(packed(vr, numbers)) is None


def packed(vr: str, value: object) -> bytes:
    """Return binary numbers as they are stored; nothing for what is no number of that type."""
    numbers = value if isinstance(value, MultiValue | list | tuple) else [value]
    try:
        return struct.pack(f"<{len(numbers)}{_PACKED[vr]}", *numbers)
    except (KeyError, struct.error, OverflowError, TypeError):
        return b""


def text_inside(stored: bytes) -> str:
    """Return what could be read as words in the bytes of numbers."""
    return " ".join(found.decode("ascii") for found in _SHORT_TEXT.findall(stored))


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
