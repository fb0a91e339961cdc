internal import TraceModel

/// Finished messages that no sink has yet and, where several captures are to be compared, the place
/// of each among its sequence numbers.
struct AssembledMessages: Sendable {
  /// Rows, not columns: each comes as a whole.
  private(set) var rows: [Message] = []
  /// One for each row, or none at all.
  private(set) var places: [MessagePlace] = []
  private let keepsPlaces: Bool

  init(keepsPlaces: Bool) { self.keepsPlaces = keepsPlaces }

  var count: Int { rows.count }

  @inline(__always)
  mutating func append(_ message: Message, at place: @autoclosure () -> MessagePlace) {
    rows.append(message)
    if keepsPlaces { places.append(place()) }
  }

  /// Takes all rows out, as columns.
  mutating func removeTable() -> MessageTable {
    defer {
      rows.removeAll(keepingCapacity: true)
      places.removeAll(keepingCapacity: true)
    }
    return MessageTable(rows)
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
