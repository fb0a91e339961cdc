import PacketFormats
import Testing
import TraceModel

@Suite("Flows that are found again")
struct CaptureKnownFlowTests {
  /// Address, queue pair and sequence numbers of one sender of two-packet messages.
  private struct Sender {
    var source: NetworkAddress
    var queuePair: UInt32

    func frame(_ opcode: TransportOpcode, sequence: UInt32, bytes count: Int) -> [UInt8] {
      var frame = RoCEFrame(
        source: source, destination: NetworkAddress(high: 0xFD00 << 48, low: 9),
        base: BaseTransportHeader(
          opcode: opcode, destinationQueuePair: queuePair, sequence: sequence))
      frame.extensions.remoteByteCount = 2_048
      var bytes: [UInt8] = []
      appendRoCEFrame(frame, payload: [UInt8](repeating: 1, count: count), to: &bytes)
      return bytes
    }
  }

  @Test("two flows whose addresses and queue pairs add up to the same key stay apart")
  func sameKey() throws {
    let first = Sender(source: NetworkAddress(high: 0xFD00 << 48, low: 1), queuePair: 5)
    // What differs in the queue pair is taken back by the upper half of the address.
    let second = Sender(
      source: NetworkAddress(high: 0xFD00 << 48 ^ UInt64(5 ^ 7) << 40, low: 1), queuePair: 7)
    var frames: [[UInt8]] = []
    for message in UInt32(0)..<10 {
      for sender in [first, second] {
        frames.append(sender.frame(.reliableWriteFirst, sequence: 2 * message, bytes: 1_024))
      }
      for sender in [second, first] {
        frames.append(sender.frame(.reliableWriteLast, sequence: 2 * message + 1, bytes: 1_024))
      }
    }
    let capture = try CaptureAssemblyTests.read(frames)
    #expect(capture.messages.count == 20)
    #expect(capture.messages.allSatisfy { $0.bytes == 2_048 && $0.packets == 2 })
    for channel in [5, 7] as [UInt32] {
      let own = capture.messages.filter { $0.channel == channel }
      #expect(own.count == 10)
      #expect(Set(own.map(\.source)) == [channel == 5 ? 0 : 2])
    }
  }
}
