/// Protobuf, written from its description (protobuf.dev, "Encoding"), not by the library under test.
enum Wire {
  static func number(_ value: UInt64) -> [UInt8] {
    var (bytes, rest): ([UInt8], UInt64) = ([], value)
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  static func field(_ field: Int, number value: UInt64) -> [UInt8] {
    number(UInt64(field << 3)) + number(value)
  }

  static func field(_ field: Int, bytes: [UInt8]) -> [UInt8] {
    number(UInt64(field << 3 | 2)) + number(UInt64(bytes.count)) + bytes
  }

  static func field(_ field: Int, fixed bytes: [UInt8]) -> [UInt8] {
    number(UInt64(field << 3 | (bytes.count == 8 ? 1 : 5))) + bytes
  }

  static func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: value << 1 ^ value >> 63) }
}

enum ChakraKind: UInt64 {
  case metadata = 1
  case load = 2
  case store = 3
  case compute = 4
  case send = 5
  case receive = 6
  case collective = 7
}

/// A node; an id of 0 is left out, as protobuf's writers do.
func chakraNode(
  _ id: UInt64, _ kind: ChakraKind, name: String = "node", after: [UInt64] = [],
  dataAfter: [UInt64] = [], start: UInt64 = 0, duration: UInt64 = 0, _ attributes: [[UInt8]] = []
) -> [UInt8] {
  var bytes: [UInt8] = id == 0 ? [] : Wire.field(1, number: id)
  bytes += Wire.field(2, bytes: Array(name.utf8)) + Wire.field(3, number: kind.rawValue)
  // Packed and unpacked lists both occur.
  if !after.isEmpty { bytes += Wire.field(4, bytes: after.flatMap { Wire.number($0) }) }
  for id in dataAfter { bytes += Wire.field(5, number: id) }
  if start > 0 { bytes += Wire.field(6, number: start) }
  if duration > 0 { bytes += Wire.field(7, number: duration) }
  for attribute in attributes { bytes += Wire.field(10, bytes: attribute) }
  return bytes
}

/// An attribute with its value as a writer of that field would give it.
func attribute(_ name: String, _ value: [UInt8]) -> [UInt8] {
  Wire.field(1, bytes: Array(name.utf8)) + value
}

func attribute(_ name: String, _ value: Int64) -> [UInt8] {
  attribute(name, Wire.field(9, number: UInt64(bitPattern: value)))
}

func attribute(_ name: String, _ value: String) -> [UInt8] {
  attribute(name, Wire.field(29, bytes: Array(value.utf8)))
}

func collective(type: Int64, bytes: Int64, group: String? = nil) -> [[UInt8]] {
  [attribute("comm_type", type), attribute("comm_size", bytes)]
    + (group.map { [attribute("pg_name", $0)] } ?? [])
}

func message(bytes: Int64, to peer: Int64? = nil, from source: Int64? = nil) -> [[UInt8]] {
  [attribute("comm_size", bytes)] + (peer.map { [attribute("comm_dst", $0)] } ?? [])
    + (source.map { [attribute("comm_src", $0)] } ?? [])
}

/// A file: metadata and nodes, each behind its length.
func chakraTrace(_ nodes: [[UInt8]], metadata: [UInt8] = Wire.field(1, bytes: Array("0.0.4".utf8)))
  -> [UInt8]
{
  ([metadata] + nodes).flatMap { Wire.number(UInt64($0.count)) + $0 }
}
