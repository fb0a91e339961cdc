/// What a region's circuit switches have done and have to do: phases use its circuits in their order.
///
/// A phase has one set of circuits, or a sequence of them that passes while the phase is on. Circuits
/// that turn by the clock serve whoever comes.
///
/// A phase that opens an epoch may change the circuits. The change begins when the controller knows
/// the demand and the bytes of all earlier phases have left the circuits; traffic of later phases
/// waits behind it. Pairs that end up without a circuit wait only for the decision.
struct RegionQueue: Sendable {
  /// How far a phase's traffic may go.
  enum Stage: Int8, Comparable, Sendable {
    /// Which circuits it will have is not decided.
    case undecided
    /// Pairs without a circuit may send.
    case decided
    /// Also pairs whose circuits stay in place.
    case switching
    /// All pairs may send.
    case open

    static func < (left: Stage, right: Stage) -> Bool { left.rawValue < right.rawValue }
  }

  struct Item: Sendable {
    var phase: Int32
    /// Why the controller looks at this phase; nil when it uses what is in place.
    var opening: Opening?
    var stage = Stage.undecided
    /// Senders that have not run yet; nil before the phase has begun anywhere.
    var gatesLeft: Int32?
    /// Parts that are ready and have pairs that may not send yet.
    var waiting: [Int32] = []
    /// The circuits that were decided on.
    var target: Int?
    /// When the last sender's gate ran.
    var lastGateAt = -Double.infinity
    /// When the controller knew the demand; none for one that is known long before.
    var knownAt = -Double.infinity
    /// Flows over circuits that have not ended.
    var circuitFlowsLeft: Int32 = 0
    /// Of a fabric that divides bytes in the best way: how.
    var pace: RegionPace?
    /// Where configurations follow each other: which ones, and the one whose turn it is.
    var sequence: Int?
    var step = 0
    /// Where configurations follow each other: the phase's rows by cell, from the first decision on.
    var rowsByCell: RowsByCell?
    /// Nanoseconds of all set-ups made for the phase, and when the last one began.
    var delay = 0.0
    var changes = 0
    var changeBeganAt = -Double.infinity
    /// How long its bytes waited for set-ups: those of the steps before, and of this one.
    var blockedBefore = 0.0
    var blocked = 0.0
  }

  /// When circuits can be chosen, and for what.
  enum Opening: Sendable, Hashable {
    /// Only when the gate has run at every sender.
    case afterGate
    /// Long before: the demand is that of an earlier phase.
    case before
    /// Before the gate, from a prediction.
    case predicted
    /// For the rest of the epoch, once its first phase has shown the demand.
    case recalibration
  }

  var items: [Item] = []
  /// The first item whose traffic is not open yet.
  var head = 0
  /// The circuits in place (a number of `CircuitChoices.matrices`); nil before the first.
  var current: Int?
  /// Circuits before the change that is going on.
  var old: Int?
  var isSwitching = false
  /// Flows over circuits of open items that have not ended.
  var circuitFlowsLeft = 0
  /// When the circuits were set up.
  var placedAt = 0.0
  /// Session link of each cell of the circuit matrix; -1 before its first circuit.
  var links: [Int32] = []
  /// Bytes per nanosecond of one circuit of each cell.
  var linkRate: [Double] = []
  /// Until when the present step lasts even without bytes.
  var stepEndsAt = 0.0
  /// Of circuits that turn by the clock: how, where they stand, and whether anything makes them turn.
  var cycle: CircuitCycle?
  var position = CircuitCycle.Position(turn: 0, isDark: false)
  var isTurning = false
  var flowsOnCircuits = 0
}

/// What was decided, so that a second run can repeat it.
struct CircuitDecision: Sendable, Hashable {
  /// The new circuits; nil for what is in place.
  var target: Int?
  /// What the decision rested on.
  var opening: RegionQueue.Opening?
}
