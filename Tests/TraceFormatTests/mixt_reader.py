#!/usr/bin/env python3
"""Reads a .mixt file from its specification (Documentation/mixt-format.md) alone.

    mixt_reader.py FILE               rows as tab-separated values: kind, then columns by number
    mixt_reader.py FILE --metadata    the metadata as JSON
    mixt_reader.py FILE --scan        the same rows, found without the index
"""
import ctypes
import ctypes.util
import struct
import sys
import zlib

FILE_MAGIC = b"\x89mixt\r\n\x1a"
BLOCK_MAGIC = b"mxB1"
END_MAGIC = b"mixt-end"
KINDS = {1: "metadata", 2: "operations", 3: "dependencies", 4: "transfers", 5: "routing",
         6: "messages", 7: "index"}
# Columns that hold the distance from another column: (kind, column) -> column.
DISTANCES = {("operations", 12): 11, ("transfers", 6): 5, ("messages", 6): 5}
COLUMN_COUNTS = {"operations": 13, "dependencies": 2, "transfers": 6, "routing": 5, "messages": 10}

zstd = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
zstd.ZSTD_decompress.restype = ctypes.c_size_t
zstd.ZSTD_decompress.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]


def signed(value):
    """The low 64 bits as a signed number."""
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


def block_header(data, offset):
    (magic, kind, columns, rows, packed, unpacked, _, _, _, _, checksum, _, own) = struct.unpack_from(
        "<4sHHIIIiiiiIII", data, offset)
    assert magic == BLOCK_MAGIC and zlib.crc32(data[offset:offset + 44]) == own
    return kind, columns, rows, packed, unpacked, checksum


def content(data, offset):
    _, _, _, packed, unpacked, checksum = block_header(data, offset)
    frame = data[offset + 48:offset + 48 + packed]
    assert len(frame) == packed and zlib.crc32(frame) == checksum
    target = ctypes.create_string_buffer(max(unpacked, 1))
    assert zstd.ZSTD_decompress(target, unpacked, frame, packed) == unpacked
    return target.raw[:unpacked]


def bit_packed(data, count):
    blocks = (count + 63) // 64
    values, place = [], blocks
    for width in data[:blocks]:
        bits = int.from_bytes(data[place:place + 8 * width], "little")
        values += [bits >> (width * i) & ((1 << width) - 1) for i in range(64)]
        place += 8 * width
    assert place == len(data)
    return values[:count]


def byte_packed(data, count):
    width = data[0]
    assert len(data) == 1 + count * width
    return [int.from_bytes(data[1 + i * width:1 + (i + 1) * width], "little") for i in range(count)]


def column(encoding, count, data):
    base = struct.unpack_from("<q", data)[0]
    is_delta, unpack = encoding & 1, byte_packed if encoding & 2 else bit_packed
    if not is_delta:
        return [signed(base + value) for value in unpack(data[8:], count)]
    values = [base] if count else []
    for step in unpack(data[8:], max(count - 1, 0)):
        values.append(signed(values[-1] + (step >> 1 ^ -(step & 1))))
    return values


def columns(data, offset):
    """The columns of a block by number."""
    _, column_count, rows, _, _, _ = block_header(data, offset)
    raw, place, result = content(data, offset), 0, {}
    for _ in range(column_count):
        number, encoding, _, count, size = struct.unpack_from("<BBHII", raw, place)
        result[number] = column(encoding, count, raw[place + 12:place + 12 + size])
        place += 12 + size
    assert place == len(raw)
    return rows, result


def rows_of(data, offset, kind):
    rows, table = columns(data, offset)
    for (of_kind, number), start in DISTANCES.items():
        if of_kind == kind:
            table[number] = [signed(a + b) for a, b in zip(table[start], table[number])]
    if kind == "routing":
        experts, lists = iter(table[5]), []
        for count in table[4]:
            lists.append(",".join(str(next(experts)) for _ in range(count)))
        table[5] = lists
    for row in range(rows):
        yield [table[number][row] for number in range(1, COLUMN_COUNTS[kind] + 1)]


def indexed(data):
    """Offsets of all blocks, from the index."""
    index, size, own, _, magic = struct.unpack_from("<qqII8s", data, len(data) - 32)
    assert magic == END_MAGIC and zlib.crc32(data[-32:-16]) == own
    assert index + size == len(data) - 32
    entries = content(data, index)
    return [struct.unpack_from("<q", entries, place)[0] for place in range(0, len(entries), 56)]


def scanned(data):
    """Offsets of all blocks, one after the other."""
    offset, offsets = 16, []
    while data[offset:offset + 4] == BLOCK_MAGIC:
        kind, _, _, packed, _, _ = block_header(data, offset)
        if kind != 7:
            offsets.append(offset)
        offset += 48 + packed
    return offsets


def main(path, options):
    with open(path, "rb") as file:
        data = file.read()
    magic, version, _, own = struct.unpack_from("<8sHHI", data)
    assert magic == FILE_MAGIC and version == 1 and zlib.crc32(data[:12]) == own
    offsets = scanned(data) if "--scan" in options else indexed(data)
    if "--metadata" in options:
        last = [at for at in offsets if block_header(data, at)[0] == 1][-1]
        sys.stdout.write(content(data, last).decode("utf-8"))
        return
    for offset in offsets:
        kind = KINDS.get(block_header(data, offset)[0])
        if kind in COLUMN_COUNTS:
            for row in rows_of(data, offset, kind):
                print(kind, *row, sep="\t")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
