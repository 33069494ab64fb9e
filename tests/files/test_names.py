"""A name from elsewhere is fit for any disk: no way out of the folder, nothing hidden, nothing deceiving."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procore_jupyter.files.names import LONGEST, fit


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("A-101 plan.pdf", "A-101 plan.pdf"),
        ("計画.pdf", "計画.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\plans\\a.pdf", "a.pdf"),
        ("a:b*c?.pdf", "a_b_c_.pdf"),
        (" .hidden. ", "hidden"),
        ("..", ""),
        ("folder/", ""),
        ("", ""),
        ("a\x1b[31mb\n\x00c.pdf", "a_[31mb__c.pdf"),
        ("plan\u202efdp.exe", "plan_fdp.exe"),
        ("a\u061cb\u200ec\u2066d\u2029e", "a_b_c_d_e"),
        ("a\xa0b\u3000c", "a b c"),
        ("a\ud800b", "a_b"),
        ("NUL", "_NUL"),
        ("nul.tar.gz", "_nul.tar.gz"),
        ("com1 .pdf", "_com1 .pdf"),
        ("LPT².txt", "_LPT².txt"),
        ("CONIN$", "_CONIN$"),
        ("NULL.pdf", "NULL.pdf"),
        ("COM10.pdf", "COM10.pdf"),
        ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
        ("計" * 90 + ".pdf", "計" * 83 + ".pdf"),
        ("a." + "計" * 90, "a." + "計" * 84),
        ("x" * 300, "x" * 255),
    ],
)
def test_a_name_is_made_fit(name: str, kept: str) -> None:
    assert fit(name) == kept


WINDOWS = ["con", "PRN", "Aux", "nul", "COM1", "com9", "LPT1", "COM³", "CONOUT$"]
NAMES = st.one_of(
    st.text(max_size=300),
    st.text(st.sampled_from("計é👷‍♀️.ab \u202e"), max_size=200),
    st.builds(
        "{}{}".format, st.sampled_from(WINDOWS), st.sampled_from(["", ".pdf", " .x", "..", "\u202e", "."])
    ),
    st.builds("{}.{}".format, st.text(min_size=80), st.text(max_size=25)),
)


@given(NAMES)
def test_whatever_the_name_every_disk_takes_it(name: str) -> None:
    kept = fit(name)
    assert fit(kept) == kept
    assert len(kept.encode()) <= LONGEST
    assert not any(unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp") for one in kept)
    assert not set('/\\:*?"<>|') & set(kept)
    assert not kept or (kept[0] not in " ." and kept[-1] not in " .")
    assert not kept or Path("folder", kept).parent == Path("folder")
    assert kept.partition(".")[0].rstrip().upper() not in {one.upper() for one in WINDOWS}


@given(st.sampled_from("aé計👷"), st.integers(50, 400), st.text("pdfwx計", min_size=1, max_size=20))
def test_a_name_that_is_cut_keeps_its_kind(letter: str, length: int, kind: str) -> None:
    assert fit(f"{letter * length}.{kind}").endswith(f"{letter}.{kind}")
