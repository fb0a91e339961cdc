internal import TraceModel

/// Finished messages that no sink has yet and, where several captures are to be compared, the place
/// of each among its sequence numbers.
struct AssembledMessages: Sendable {
  private(set) var table = MessageTable()
  /// One for each row, or none at all.
  private(set) var places: [MessagePlace] = []
  private let keepsPlaces: Bool

  init(keepsPlaces: Bool) { self.keepsPlaces = keepsPlaces }

  var count: Int { table.count }

  @inline(__always)
  mutating func append(_ message: Message, at place: @autoclosure () -> MessagePlace) {
    table.append(message)
    if keepsPlaces { places.append(place()) }
  }

  /// Empties the columns and keeps their storage.
  mutating func removeAll() {
    table.removeAll()
    places.removeAll(keepingCapacity: true)
  }
}

/// Which sequence numbers a message takes up: packets of RDMA, bytes of TCP.
///
/// Two captures of one message agree on it, whatever their clocks say.
struct MessagePlace: Sendable, Equatable {
  /// The first of them.
  var sequence: UInt32
  /// How many, those of missing packets too where it is known whose they are.
  var count: UInt32
  /// What tells apart the senders to one channel: the source queue pair of datagrams, otherwise 0.
  var sender: UInt32 = 0
  /// True for a READ of which only the request was captured.
  var isRequestOnly = false
}
