internal import PacketFormats
internal import TraceModel

/// Numbers network addresses: first those of a declared layout, then in order of appearance.
struct AddressTable {
  private var halves = KeyTable()
  private var pairs = KeyTable()
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
    let high = halves.number(of: address.high)
    let low = halves.number(of: address.low)
    let number = pairs.number(of: Self.key(address, high, low))
    if number == addresses.count { addresses.append(address) }
    return Int32(truncatingIfNeeded: number)
  }

  /// The number of an address that was numbered before.
  ///
  /// O(1).
  func existingNumber(of address: NetworkAddress) -> Int32? {
    guard let high = halves.existingNumber(of: address.high),
      let low = halves.existingNumber(of: address.low),
      let number = pairs.existingNumber(of: Self.key(address, high, low))
    else { return nil }
    return Int32(truncatingIfNeeded: number)
  }

  /// Two numbers of 31 bits and the family: the key is exact.
  private static func key(_ address: NetworkAddress, _ high: Int, _ low: Int) -> UInt64 {
    (address.isLID ? 1 << 62 : 0) | UInt64(high) << 31 | UInt64(low)
  }

  /// True when the layout is declared and does not list this address.
  func isOutside(_ number: Int32) -> Bool {
    guard let declaredCount else { return false }
    return Int(number) >= declaredCount
  }
}
