import PacketFormats
import Testing
import TraceModel

@Suite("Addresses as text")
struct NetworkAddressTests {
  @Test(
    "canonical text (RFC 5952) and back",
    arguments: [
      ("10.0.0.1", "10.0.0.1"), ("::ffff:10.0.0.1", "10.0.0.1"), ("::ffff:a00:1", "10.0.0.1"),
      ("fe80::2:c902:24:f636", "fe80::2:c902:24:f636"), ("FE80:0:0:0:0:0:0:1", "fe80::1"),
      ("::", "::"), ("::1", "::1"), ("1::", "1::"),
      ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
      ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
      ("lid:12", "lid:12"), ("lid:65535", "lid:65535"),
    ])
  func text(given: String, canonical: String) throws {
    let address = try #require(NetworkAddress(given))
    #expect(address.description == canonical)
    #expect(NetworkAddress(canonical) == address)
  }

  @Test(
    "nonsense is refused",
    arguments: [
      "", "10.0.0", "10.0.0.256", "1.2.3.4.5", ":", ":::", "1:2", "1::2::3", "12345::", "g::1",
      "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8", "lid:", "lid:65536", "server-3", "::1.2.3",
    ])
  func refused(text: String) {
    #expect(NetworkAddress(text) == nil)
  }

  @Test("a LID is no IPv6 address, and multicast is known in all three families")
  func families() {
    #expect(NetworkAddress(lid: 1) != NetworkAddress("::1"))
    #expect(NetworkAddress(lid: 0xC000).isMulticast)
    #expect(!NetworkAddress(lid: 0xFFFF).isMulticast)
    #expect(NetworkAddress("224.0.0.1")?.isMulticast == true)
    #expect(NetworkAddress("ff02::1")?.isMulticast == true)
    #expect(NetworkAddress("fe80::1")?.isMulticast == false)
  }

  @Test("random addresses survive their text")
  func roundTrip() {
    var random = RandomStream(seed: 3)
    for _ in 0..<2_000 {
      var high = random.next()
      var low = random.next()
      for _ in 0..<random.below(6) { high &= ~(0xFFFF << UInt64(16 * random.below(4))) }
      for _ in 0..<random.below(6) { low &= ~(0xFFFF << UInt64(16 * random.below(4))) }
      let address = NetworkAddress(high: high, low: low)
      #expect(NetworkAddress(address.description) == address)
    }
  }
}
