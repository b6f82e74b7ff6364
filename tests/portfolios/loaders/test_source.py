from __future__ import annotations

import io
from pathlib import Path

import pytest

from portfolios.errors import InputError
from portfolios.loaders import load, read_source
from portfolios.loaders.source import MOST_BYTES, decode

EMPTY = io.BytesIO()


def refused(source: str | Path, stdin: io.BytesIO = EMPTY) -> str:
    with pytest.raises(InputError) as caught:
        read_source(str(source), stdin)
    assert caught.value.hint
    return str(caught.value)


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a\r\nb")
    assert read_source(str(tmp_path / "a.csv"), EMPTY) == b"a\r\nb"


def test_a_link_to_a_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a")
    (tmp_path / "link.csv").symlink_to(tmp_path / "a.csv")
    assert read_source(str(tmp_path / "link.csv"), EMPTY) == b"a"


def test_a_dash_reads_standard_input() -> None:
    assert read_source("-", io.BytesIO(b"asset,quantity")) == b"asset,quantity"


def test_a_missing_file_is_named() -> None:
    assert refused("nowhere.csv") == "nowhere.csv: no such file, nothing was imported"


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    assert refused(tmp_path).endswith(": a directory, not a file, nothing was imported")


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert "cannot be read" in refused(tmp_path / "loop")


@pytest.mark.parametrize("name", ["x\x00y", "x" * 5000, "a.csv/b.csv"])
def test_an_impossible_name_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_bytes(b"a")
    assert "cannot be read" in refused(name)


def test_a_huge_file_is_refused_without_reading_all_of_it(tmp_path: Path) -> None:
    with (tmp_path / "big.csv").open("wb") as file:
        file.truncate(5_000_000_000)
    assert refused(tmp_path / "big.csv").endswith(": over 10 MB, nothing was imported")
    assert refused("/dev/zero") == "/dev/zero: over 10 MB, nothing was imported"


def test_a_huge_standard_input_is_refused_without_reading_all_of_it() -> None:
    stdin = io.BytesIO(b"x" * (MOST_BYTES + 5))
    assert refused("-", stdin) == "standard input: over 10 MB, nothing was imported"
    assert len(stdin.read()) == 4


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "the file is empty"),
        (b" \n\t\n", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (b"\x89PNG\x00\x00", "not a text file"),
        (b"asset,quantity\nbit\x00coin,1", "not a text file"),
        (b"\xff\xfea", "line 1 is not UTF-16 text"),
        (b"PK\x03\x04\x00", "a spreadsheet or an archive, not text"),
        (b"%PDF-1.7", "a PDF, not text"),
        (b"asset,quantity\nk\xe4se,1", "line 2 is not UTF-8 text"),
        (b"x" * (MOST_BYTES + 1), "over 10 MB"),
    ],
)
def test_what_is_no_text_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(InputError) as caught:
        decode(raw, "a.csv")
    assert str(caught.value) == f"a.csv: {why}, nothing was imported"
    assert caught.value.hint


def test_utf_16_is_read_and_older_encodings_only_where_their_text_is_known() -> None:
    assert decode("asset,quantité".encode("utf-16"), "a.csv") == "asset,quantité"
    assert decode(b"Geb\xfchr", "a.csv", lambda text: text == "Gebühr") == "Gebühr"


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert decode(b"\xef\xbb\xbfasset", "a.csv") == "asset"


def test_standard_input_is_called_by_its_name(index: object) -> None:
    with pytest.raises(InputError, match=r"^standard input: the file is empty"):
        load(b"", source="-", index=index)  # type: ignore[arg-type]
