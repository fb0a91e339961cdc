internal import TraceModel

/// Reads the messages once more to sum the matrices that are compared.
struct MatrixPass {
  private(set) var sums: [MatrixSums]
  private let plans: [MatrixPlan]
  private let communicators: Communicators
  private let burstOfPlace: [[Int32]]
  private var places: BurstPlaces
  private let serverOfAddress: [Int]

  init(
    _ readings: [CommunicatorReading], of survey: BurstSurvey, communicators: Communicators,
    layout: Layout
  ) {
    plans = readings.map(\.plan)
    sums = zip(plans, readings).map { MatrixSums($0, pairs: $1.serverPairs) }
    self.communicators = communicators
    burstOfPlace = survey.communicators.map(\.burstOfPlace)
    places = survey.places
    serverOfAddress = layout.addresses.map(\.server)
  }

  /// False when nothing is compared.
  var isNeeded: Bool { plans.contains { $0.sumCount > 0 } }

  mutating func add(_ block: MessageTable) {
    for row in 0..<block.count {
      let communicator = communicators.communicator(of: block, row: row)
      let place = places.place(of: block.start[row], in: communicator)
      let burst = Int(burstOfPlace[communicator][place])
      guard burst >= 0 else { continue }
      let sum = Int(plans[communicator].sumOfBurst[burst])
      guard sum >= 0 else { continue }
      let servers = EndPair(
        source: serverOfAddress[Int(block.source[row])],
        destination: serverOfAddress[Int(block.destination[row])])
      sums[communicator].add(block.bytes[row], to: servers, of: sum)
    }
  }

  mutating func settle() {
    for communicator in sums.indices { sums[communicator].settle() }
  }
}
