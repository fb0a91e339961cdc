internal import PacketFormats
internal import TraceModel

/// Numbers network addresses: first those of a declared layout, then in order of appearance.
struct AddressTable {
  private var keys = KeyTable()
  private(set) var addresses: [NetworkAddress] = []
  /// How many of them the layout declares; nil when none was declared.
  let declaredCount: Int?

  init() { declaredCount = nil }

  /// - Throws: when an address of the layout cannot be read, or stands there twice.
  init(declared: [NICAddress]) throws(IngestError) {
    declaredCount = declared.count
    for (index, nic) in declared.enumerated() {
      guard let address = NetworkAddress(nic.text) else {
        throw IngestError(
          "\"\(nic.text)\" is no network address", at: "layout",
          advice: "Addresses look like 10.0.0.1, fe80::1 (also for GIDs) or lid:12.")
      }
      guard number(of: address) == Int32(index) else {
        throw IngestError("address \(nic.text) stands there twice", at: "layout")
      }
    }
  }

  /// The number of an address, which is added when it is new.
  ///
  /// Amortised O(1).
  mutating func number(of address: NetworkAddress) -> Int32 {
    var key = Self.firstKey(of: address)
    while true {
      let number = keys.number(of: key)
      if number == addresses.count { addresses.append(address) }
      if addresses[number] == address { return Int32(truncatingIfNeeded: number) }
      key &+= Self.keyStep
    }
  }

  /// The number of an address that was numbered before.
  ///
  /// O(1).
  func existingNumber(of address: NetworkAddress) -> Int32? {
    var key = Self.firstKey(of: address)
    while let number = keys.existingNumber(of: key) {
      if addresses[number] == address { return Int32(truncatingIfNeeded: number) }
      key &+= Self.keyStep
    }
    return nil
  }

  /// Another address may have the same key; the one that comes later then takes the next free of a
  /// sequence of keys.
  private static let keyStep: UInt64 = 0x9E37_79B9_7F4A_7C15

  private static func firstKey(of address: NetworkAddress) -> UInt64 {
    address.low ^ (address.high &* 0xD6E8_FEB8_6659_FD93) ^ (address.isLID ? 1 << 63 : 0)
  }

  /// True when the layout is declared and does not list this address.
  func isOutside(_ number: Int32) -> Bool {
    guard let declaredCount else { return false }
    return Int(number) >= declaredCount
  }
}
