"""What is made of uploads: sizes, turned, in sRGB and without metadata; or a word that says why not."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image, ImageChops, ImageStat

from processors.imaging.derivatives import Derivatives, make
from processors.imaging.formats import FORMATS, format_of
from processors.imaging.refusals import REASONS, ImageRefused
from processors.imaging.sizes import Size, fitted, sizes_of
from runtime.settings import SettingError
from tests.hostile_images import scans
from tests.unit.functions.support import pictures
from tests.unit.functions.support.pictures import BAD, GOOD, QUARTERS, held, loaded, photo, saved

SIZES = (Size("large", 320), Size("small", 100), Size("thumb", 32))
PIXELS = 50_000_000


def _made(content: bytes, kind: str = "jpeg", max_pixels: int = PIXELS) -> Derivatives:
    return make(BytesIO(content), sizes=SIZES, target=FORMATS[kind], max_pixels=max_pixels)


def _quarters(image: Image.Image) -> list[tuple[int, ...]]:
    width, height = image.size
    image = image.convert("RGB")
    found = [image.getpixel((width * x // 4, height * y // 4)) for y in (1, 3) for x in (1, 3)]
    return [tuple(pixel) if isinstance(pixel, tuple) else () for pixel in found]


def _alike(found: list[tuple[int, ...]], wanted: tuple[tuple[int, ...], ...] = QUARTERS, tolerance: int = 14) -> bool:
    pairs = [pair for one, other in zip(found, wanted, strict=True) for pair in zip(one, other, strict=True)]
    return all(abs(one - other) <= tolerance for one, other in pairs)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("name", GOOD)
def test_every_good_upload_gets_all_sizes(name: str, kind: str) -> None:
    original = loaded(GOOD[name]())
    made = _made(GOOD[name](), kind)
    assert (made.width, made.height) == original.size
    assert [size.name for size in made.sizes] == ["large", "small", "thumb"]
    for size, wanted in zip(made.sizes, SIZES, strict=True):
        image = loaded(size.content)
        assert image.format == FORMATS[kind].name
        assert (size.width, size.height) == image.size == fitted(*original.size, wanted.longest)
        assert max(image.size) == min(wanted.longest, *[max(original.size)])


@pytest.mark.parametrize(
    "name",
    ["jpeg", "progressive jpeg", "jpeg in separate scans", "phone's jpeg", "png", "png with alpha", "webp", "avif"],
)
@pytest.mark.parametrize("kind", FORMATS)
def test_colours_stay(name: str, kind: str) -> None:
    for size in _made(GOOD[name](), kind).sizes:
        assert _alike(_quarters(loaded(size.content))), size.name


def test_cmyk_becomes_rgb() -> None:
    image = loaded(_made(GOOD["cmyk jpeg"]()).sizes[0].content)
    assert image.mode == "RGB"
    assert _alike(_quarters(image), tolerance=20)


def test_sixteen_bits_become_eight_by_their_upper_ones() -> None:
    image = loaded(_made(pictures.deep_grey(), "webp").sizes[0].content).convert("L")
    shades = [image.getpixel((column, 32)) for column in (2, 32, 61)]
    assert shades == pytest.approx([8, 130, 247], abs=8)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF"])
@pytest.mark.parametrize("width", [500, 900, 1600, 3100])
def test_the_short_way_looks_like_the_long_one(kind: str, width: int) -> None:
    """Decoded small, shrunk by whole factors, each size from the next larger one: as scaled at once from the whole."""
    noise = Image.effect_noise((120, 90), 90).resize((width, width * 3 // 4), Image.Resampling.BICUBIC)
    content = saved(noise, kind)
    for size in _made(content).sizes:
        wanted = loaded(content).convert("RGB").resize((size.width, size.height), Image.Resampling.LANCZOS)
        difference = ImageChops.difference(loaded(size.content).convert("RGB"), wanted)
        assert ImageStat.Stat(difference).rms[0] < 7, size.name


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_turned_as_its_camera_was_held(orientation: int, kind: str) -> None:
    made = _made(held(orientation, kind))
    assert (made.width, made.height) == (400, 300)
    for size in made.sizes:
        assert size.width > size.height
        assert _alike(_quarters(loaded(size.content))), size.name


def test_a_large_picture_on_its_side_is_decoded_small_and_turned() -> None:
    exif = Image.Exif()
    exif[pictures.ORIENTATION] = 6
    content = saved(photo(1500, 2000).transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif)
    made = _made(content)
    assert (made.width, made.height) == (1500, 2000)
    assert [(size.width, size.height) for size in made.sizes] == [(240, 320), (75, 100), (24, 32)]
    assert all(_alike(_quarters(loaded(size.content))) for size in made.sizes)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_is_none_turns_nothing(orientation: int) -> None:
    exif = Image.Exif()
    exif[pictures.ORIENTATION] = orientation
    assert _alike(_quarters(loaded(_made(saved(photo(), "JPEG", exif=exif)).sizes[0].content)))


def test_damaged_notes_do_not_spoil_a_picture() -> None:
    content = saved(photo(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert _alike(_quarters(loaded(_made(content).sizes[0].content)))


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("source", ["JPEG", "PNG", "WEBP"])
def test_no_metadata_is_left(source: str, kind: str) -> None:
    original = held(6, source)
    assert b"SECRET-CAMERA" in original
    for size in _made(original, kind).sizes:
        image = loaded(size.content)
        assert dict(image.getexif()) == {}
        assert not {"exif", "xmp", "icc_profile", "comment"} & set(image.info)
        assert b"SECRET" not in size.content


def test_colours_are_converted_by_their_profile() -> None:
    red, green, blue, _ = _quarters(loaded(_made(pictures.with_profile()).sizes[0].content))
    assert red[1] > red[0] + 60
    assert green[0] > green[1] + 60
    assert blue[2] > 150


@pytest.mark.parametrize("profile", [b"", b"no profile", bytes(200), pictures.exchanging_profile()[:300]])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_profile_that_does_not_fit_is_as_none(mode: str, profile: bytes) -> None:
    with_it = saved(photo(mode=mode), "JPEG", icc_profile=profile)
    without = saved(photo(mode=mode), "JPEG")
    assert _made(with_it) == _made(without)
    assert _made(pictures.with_profile("L")) == _made(saved(photo(mode="L"), "JPEG", quality=95))


@pytest.mark.parametrize("kind", ["webp", "avif"])
def test_transparency_stays_where_the_format_has_it(kind: str) -> None:
    for name in ("palette png with transparency", "png with one transparent colour", "avif with alpha"):
        image = loaded(_made(GOOD[name](), kind).sizes[0].content)
        assert image.mode == "RGBA"
        assert image.getpixel((20, 20))[3] == 0  # type: ignore[index]
        # Yellow.
        assert image.getpixel((300, 200)) == pytest.approx((*QUARTERS[3], 255), abs=14)


def test_transparency_is_white_in_jpeg() -> None:
    image = loaded(_made(pictures.seen_through_palette()).sizes[0].content)
    assert min(image.getpixel((20, 20))) > 245  # type: ignore[arg-type]


def test_an_opaque_alpha_channel_is_left_out() -> None:
    assert loaded(_made(GOOD["png with alpha"](), "webp").sizes[0].content).mode == "RGB"


def test_a_small_picture_is_not_enlarged() -> None:
    made = _made(saved(photo(60, 40), "PNG"))
    assert [(size.width, size.height) for size in made.sizes] == [(60, 40), (60, 40), (32, 21)]


@pytest.mark.parametrize("name", BAD)
def test_bad_uploads_are_refused_with_a_word(name: str) -> None:
    content, reason = BAD[name]
    with pytest.raises(ImageRefused) as refused:
        _made(content())
    assert refused.value.reason == reason
    assert reason in REASONS


@pytest.mark.parametrize("seed", range(150))
def test_whatever_is_damaged_is_made_or_refused_and_never_an_error(seed: int) -> None:
    names = sorted(GOOD)
    content = pictures.damaged(GOOD[names[seed % len(names)]](), seed)
    try:
        outcome = str(len(_made(content).sizes))
    except ImageRefused as refused:
        outcome = refused.reason
    assert outcome in {"3", *REASONS}


def test_pixels_are_counted_before_any_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import ImageFile

    def decode(_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", decode)
    content = saved(photo(), "PNG")
    with pytest.raises(ImageRefused, match="too-many-pixels"):
        _made(content, max_pixels=400 * 300 - 1)
    # With one pixel more it would have been decoded.
    with pytest.raises(ImageRefused, match="unreadable"):
        _made(content, max_pixels=400 * 300)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "IMAGE_SIZES"),
        ("thumb", "IMAGE_SIZES"),
        ("thumb:1", "IMAGE_SIZES"),
        ("thumb:15", "IMAGE_SIZES"),
        ("large:2049", "IMAGE_SIZES"),
        ("a:100 a:200", "IMAGE_SIZES"),
        ("../x:100", "IMAGE_SIZES"),
        ("Thumb:100", "IMAGE_SIZES"),
        (" ".join(f"s{number}:100" for number in range(11)), "IMAGE_SIZES"),
    ],
)
def test_sizes_that_are_none_are_refused(text: str, problem: str) -> None:
    with pytest.raises(SettingError, match=problem):
        sizes_of(text)


def test_sizes_come_largest_first() -> None:
    assert sizes_of("thumb:160 large:1280  small:480") == (Size("large", 1280), Size("small", 480), Size("thumb", 160))


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(SettingError, match="avif, jpeg, webp"):
        format_of("tiff")


@pytest.mark.parametrize("between", [b"", b"\xff\xfe\x00\x03c", b"\xff\x01", b"\x00" * 70_000, b"\xff" * 70_000])
def test_a_jpeg_of_many_scans_is_refused_undecoded(between: bytes) -> None:
    """Each scan is a pass over all blocks: twenty megabytes of them would keep the decoder busy for an hour."""
    ten = scans(0, 10, 400)
    assert _made(ten).width == 400
    head, first, *others = ten.removesuffix(b"\xff\xd9").split(b"\xff\xda")
    scan = b"\xff\xda" + others[-1] + between
    with pytest.raises(ImageRefused, match="too-complex"):
        _made(head + b"\xff\xda" + first + scan * 100 + b"\xff\xd9")
