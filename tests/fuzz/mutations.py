"""Ways to damage a file."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.fuzz.seeds import Field, Seed

# Numbers that headers lie with: nothing, the least, the most, and one past it.
EXTREMES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
# What the fields of a tar lie with: octal, in base 256, below zero, no number; and names.
TEXTS = (
    *(b"00000000000\0", b"77777777777\0", b"-0000000001\0", b"\x80" + bytes(3) + b"\x7f" * 8),
    *(b"\xff" * 12, b"\x80" + bytes(10) + b"\1", b"..", b"../../x.jpg", b"/x.jpg", b"\xe9.jpg\0"),
    *(b"A.jpg\0", b"a\n.jpg\0", b"b.png\0", b"L", b"K", b"x", b"g", b"S", b"1", b"2", b"3", b"7"),
)


# Names of entries, and what to have in their place, mostly of the same length.
RENAMED = (b"hills/a.jpg", b"a.jpg")
NAMES = (
    *(b"../../a.jpg", b"/tmp/ab.jpg", b"..\\..\\a.jpg", b"C:\\ab/a.jpg", b"B.PNG/a.jpg"),
    *(b"hills\0a.jpg", b"hills\xe9a.jpg", b"hills\na.jpg", b"HILLS/A.JPG", b"hills/../a/"),
    *(b"/.jpg", b"..jpg", b"B.PNG", b"b.png"),
)


class Damaged(bytes):
    """A file that is too long to be shown."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes>"


@st.composite
def damaged(draw: st.DrawFn, seeds: dict[str, Seed]) -> Damaged:
    """Draw a file that one to six mutations have made of a sound one."""
    names = sorted(seeds)
    seed = seeds[draw(st.sampled_from(names))]
    content = bytearray(seed.content)
    for _ in range(draw(st.integers(1, 6))):
        mutation = draw(st.sampled_from(MUTATIONS))
        content = mutation(draw, content, seed, seeds) or bytearray(b"\0")
    result = bytes(content)
    if draw(st.integers(0, 3)):
        result = seed.repair(result)
    return Damaged(seed.pack(result))


def _place(draw: st.DrawFn, content: bytearray) -> int:
    # Not the first bytes: without what tells the format, no parser reads on. Most of what can go
    # wrong stands after them, or at the end.
    last = len(content) - 1
    first = min(last, 12)
    near = st.integers(first, min(last, 300))
    return draw(near | st.integers(first, last) | near.map(lambda place: last - place + first))


def _flip_a_bit(draw: st.DrawFn, content: bytearray, _: Seed, __: dict[str, Seed]) -> bytearray:
    content[_place(draw, content)] ^= 1 << draw(st.integers(0, 7))
    return content


def _set_bytes(draw: st.DrawFn, content: bytearray, _: Seed, __: dict[str, Seed]) -> bytearray:
    place = _place(draw, content)
    size = draw(st.sampled_from((1, 2, 4)))
    content[place : place + size] = _extreme(draw, size)
    return content


def _set_a_field(draw: st.DrawFn, content: bytearray, seed: Seed, _: dict[str, Seed]) -> bytearray:
    if not seed.fields:
        return content
    field = draw(st.sampled_from(seed.fields))
    return _with(content, field, draw(st.sampled_from(TEXTS)) if field.size > 8 else b"", draw)


def _rename(draw: st.DrawFn, content: bytearray, _: Seed, __: dict[str, Seed]) -> bytearray:
    return content.replace(draw(st.sampled_from(RENAMED)), draw(st.sampled_from(NAMES)))


def _copy_a_field(
    draw: st.DrawFn, content: bytearray, seed: Seed, _: dict[str, Seed]
) -> bytearray:
    if not seed.fields:
        return content
    one, other = draw(st.sampled_from(seed.fields)), draw(st.sampled_from(seed.fields))
    content[one.offset : one.offset + one.size] = content[other.offset : other.offset + one.size]
    return content


def _cut_off(draw: st.DrawFn, content: bytearray, _: Seed, __: dict[str, Seed]) -> bytearray:
    return content[: _place(draw, content)]


def _take_out(draw: st.DrawFn, content: bytearray, _: Seed, __: dict[str, Seed]) -> bytearray:
    place = _place(draw, content)
    del content[place : place + draw(st.integers(1, 64))]
    return content


def _put_in(draw: st.DrawFn, content: bytearray, _: Seed, __: dict[str, Seed]) -> bytearray:
    place = _place(draw, content)
    content[place:place] = draw(st.binary(min_size=1, max_size=64))
    return content


def _repeat(draw: st.DrawFn, content: bytearray, _: Seed, __: dict[str, Seed]) -> bytearray:
    place = _place(draw, content)
    piece = content[place : place + draw(st.integers(1, 1024))]
    content[place:place] = piece * draw(st.integers(1, 200_000 // len(piece)))
    return content


def _splice(draw: st.DrawFn, content: bytearray, _: Seed, seeds: dict[str, Seed]) -> bytearray:
    other = seeds[draw(st.sampled_from(sorted(seeds)))].content
    return content[: _place(draw, content)] + other[_place(draw, bytearray(other)) :]


def _with(content: bytearray, field: Field, text: bytes, draw: st.DrawFn) -> bytearray:
    value = text[: field.size] or _extreme(draw, field.size)
    content[field.offset : field.offset + len(value)] = value
    return content


def _extreme(draw: st.DrawFn, size: int) -> bytes:
    value = draw(st.sampled_from(EXTREMES) | st.integers(0, 0xFFFFFFFF))
    digits: bytes = min(value, 256**size - 1).to_bytes(size, "little")
    return digits if draw(st.booleans()) else digits[::-1]


MUTATIONS = (
    _flip_a_bit,
    *(_set_bytes, _set_a_field, _set_a_field, _set_a_field, _copy_a_field, _rename),
    *(_cut_off, _take_out, _put_in, _repeat, _splice),
)
