import LocalityAnalysis
import Testing
import TraceModel

/// A table instead of a replay: time, exposed delay and price of each candidate.
struct TableEvaluator: CandidateEvaluator {
  struct Row: Sendable {
    var size: Int
    /// Of each iteration.
    var times: [Double]
    var exposed = 0.0
    var cost: Double?
    var usedPorts: Double?
    /// The bound as a part of the time.
    var boundShare = 0.9
    var failure: String?

    var total: Double { times.reduce(0, +) }

    var candidate: Candidate {
      Candidate(
        plan: RegionPlan(size: size, grouping: .contiguous(serverCount: 64, size: size)),
        opticalNICsPerServer: size > 1 ? 6 : 0)
    }
  }

  var rows: [Row]
  /// Candidates in the order in which they were asked for, with whether all iterations were.
  let asked = Locked<[(size: Int, isFull: Bool)]>([])

  private func row(_ candidate: Candidate) -> Row? { rows.first { $0.candidate == candidate } }

  func quote(_ candidate: Candidate) -> Result<CandidateQuote, CandidateFailure> {
    guard let row = row(candidate) else { return .failure(CandidateFailure("unknown")) }
    if let failure = row.failure { return .failure(CandidateFailure(failure)) }
    return .success(
      CandidateQuote(
        costUSD: row.cost, usedPortsUSD: row.usedPorts,
        boundNanoseconds: row.total * row.boundShare))
  }

  func replay(
    _ candidate: Candidate, iterations: [Int]?, policy: String?, limitNanoseconds: Double
  ) -> CandidateReplay {
    guard let row = row(candidate) else { return .failed("unknown") }
    asked.withLock { $0.append((row.size, iterations == nil)) }
    let places = iterations ?? Array(row.times.indices)
    let times = places.map { place in
      IterationTime(
        nanoseconds: row.times[place],
        exposedNanoseconds: row.total > 0 ? row.exposed * row.times[place] / row.total : 0)
    }
    guard times.reduce(0, { $0 + $1.nanoseconds }) <= limitNanoseconds else {
      return .exceedsLimit
    }
    return .played(CandidateTimes(iterations: times, policy: policy ?? "always"))
  }
}

@Suite struct CandidateChoiceTests {
  private typealias Row = TableEvaluator.Row

  private func choose(
    _ rows: [Row], tolerance: Double = 0.05, representatives: RepresentativeIterations? = nil
  ) -> (choice: CandidateChoice, asked: [(size: Int, isFull: Bool)]) {
    let evaluator = TableEvaluator(rows: rows)
    let choice = chooseCandidate(
      rows.map(\.candidate), evaluator: evaluator,
      options: RaceOptions(tolerance: tolerance, representatives: representatives))
    return (choice, evaluator.asked.withLock { $0 })
  }

  private func row(
    _ size: Int, _ time: Double, _ cost: Double?, exposed: Double = 0, boundShare: Double = 0.9
  ) -> Row {
    Row(size: size, times: [time], exposed: exposed, cost: cost, boundShare: boundShare)
  }

  @Test func `smallest, cheapest and best per dollar may differ`() {
    let (choice, _) = choose([
      row(1, 200e6, 100), row(2, 130e6, 120), row(4, 104e6, 150), row(8, 101e6, 140),
      row(16, 100e6, 300),
    ])
    #expect(choice[.fastest]?.candidate.plan.size == 16)
    #expect(choice[.smallest]?.candidate.plan.size == 4)
    #expect(choice[.cheapest]?.candidate.plan.size == 8)
    #expect(choice[.mostPerDollar]?.candidate.plan.size == 8)
    #expect(choice.sentence(on: .cheapest)?.contains("$140") == true)
    #expect(choice.sentence(on: .cheapest)?.contains("7.1 % more") == true)
    #expect(choice.sentence(on: .smallest)?.contains("25 % longer") == true)
    #expect(choice.sentence(on: .fastest)?.contains("1.0 % ahead") == true)
  }

  @Test func `what a bound excludes is told from what a replay gave up`() {
    // The first part holds eight; what follows knows their times.
    var rows = (0..<8).map { row(8 + $0, 100 + Double($0), 10) }
    rows.append(row(2, 900, 10))
    rows.append(row(3, 300, 10, boundShare: 0.34))
    let (choice, asked) = choose(rows)
    #expect(!asked.contains { $0.size == 2 })
    #expect(asked.contains { $0.size == 3 })
    #expect(choice.dropped.map(\.reason) == [.bound, .stoppedEarly])
    #expect(
      choice.countSentence
        == "10 candidates: 8 replayed in full, 1 given up during a replay, 1 proven worse by their bound"
    )
    #expect(choose([row(1, 1, 1)]).choice.countSentence == "1 candidate: 1 replayed in full")
  }

  @Test func `the network without circuits is never dropped`() {
    let rows = (0..<8).map { row(8 + $0, 100 + Double($0), 10) } + [row(1, 900, 11)]
    let (choice, _) = choose(rows)
    #expect(choice.scores.last?.candidate.plan.size == 1)
    #expect(
      choice.opticsSentences(NetworkConditions()).first?.contains("takes 89 % less time") == true)
  }

  @Test func `a slow and cheap candidate stays for the front`() {
    var rows = (0..<8).map { row(8 + $0, 100, 10) }
    rows.append(row(2, 900, 9))
    let (choice, _) = choose(rows)
    #expect(choice.front.map { choice.scores[$0].candidate.plan.size } == [2, 8])
  }

  /// The answers must be those of replaying everything.
  @Test func `pruning never changes an answer or the front`() {
    var random = RandomStream(seed: 51)
    for _ in 0..<200 {
      let rows = (1...40).map { size in
        Row(
          size: size, times: [Double(50 + random.below(90))],
          exposed: random.below(3) == 0 ? Double(random.below(40)) : 0,
          cost: Double(50 + random.below(40)), boundShare: 0.5 + 0.5 * random.unit())
      }
      let (choice, _) = choose(rows)
      let best = rows.map(\.total).min() ?? 0
      let within = rows.filter { $0.total <= best * 1.05 }
      #expect(choice[.smallest]?.candidate.plan.size == within.map(\.size).min())
      let cheapest = within.min {
        ($0.cost ?? 0, $0.total, $0.size) < ($1.cost ?? 0, $1.total, $1.size)
      }
      #expect(choice[.cheapest]?.candidate == cheapest?.candidate)
      let valued = rows.min {
        ($0.total * ($0.cost ?? 0), $0.total, $0.size)
          < ($1.total * ($1.cost ?? 0), $1.total, $1.size)
      }
      #expect(choice[.mostPerDollar]?.candidate == valued?.candidate)
      #expect(choice.scores.count + choice.dropped.count == rows.count)
      let front = rows.filter { row in !rows.contains { dominates($0, row, best: best) } }
      #expect(
        Set(choice.front.map { choice.scores[$0].candidate }) == Set(front.map(\.candidate)))
    }
  }

  private func dominates(_ left: Row, _ right: Row, best: Double) -> Bool {
    func figures(_ row: Row) -> CandidateFigures {
      CandidateFigures(
        cost: row.cost ?? 0, time: row.total, exposed: row.exposed <= best * 1e-3 ? 0 : row.exposed)
    }
    let (first, second) = (figures(left), figures(right))
    if first == second { return (left.total, left.size) < (right.total, right.size) }
    return first.dominates(second)
  }

  @Test func `every answer of a sampled race was replayed in full and is that of brute force`() {
    var random = RandomStream(seed: 7)
    // Iterations of three kinds, each candidate with its own time on each.
    let kinds = (0..<30).map { _ in random.below(3) }
    let representatives = RepresentativeIterations(
      kinds.map { [Double($0 * 100)] }, count: 3)
    for _ in 0..<50 {
      let rows = (1...30).map { size in
        let base = (0..<3).map { _ in Double(50 + random.below(60)) }
        return Row(
          size: size, times: kinds.map { base[$0] }, cost: Double(50 + random.below(99)))
      }
      let (choice, asked) = choose(rows, representatives: representatives)
      let best = rows.map(\.total).min() ?? 0
      let within = rows.filter { $0.total <= best * 1.05 }
      #expect(choice[.smallest]?.candidate.plan.size == within.map(\.size).min())
      for question in CandidateChoice.Question.allCases {
        #expect(choice[question]?.isSampled != true)
      }
      #expect((choice.samplingError ?? 1) < 1e-12)
      #expect(asked.count(where: \.isFull) < 15)
      // What was dropped unseen is excluded by full replays alone.
      let full = choice.scores.filter { !$0.isSampled }.map(\.nanoseconds)
      for dropped in choice.dropped where dropped.reason == .bound {
        #expect((dropped.quote?.boundNanoseconds ?? 0) > (full.min() ?? 0))
      }
    }
  }

  @Test func `equal times go to the smaller region`() {
    let (choice, _) = choose([row(8, 100, 10), row(4, 100, 10), row(16, 100, 10)])
    for question in [CandidateChoice.Question.fastest, .cheapest, .mostPerDollar] {
      #expect(choice[question]?.candidate.plan.size == 4)
    }
  }

  @Test func `without prices there is no cheapest candidate`() {
    let (choice, _) = choose([row(1, 100, nil), row(4, 90, nil)])
    #expect(choice[.cheapest] == nil && choice[.mostPerDollar] == nil && choice.front.isEmpty)
    #expect(choice[.smallest]?.candidate.plan.size == 4)
  }

  @Test func `says where whole switches and used ports disagree`() {
    let (choice, _) = choose([
      Row(size: 4, times: [100], cost: 300, usedPorts: 100),
      Row(size: 8, times: [100], cost: 200, usedPorts: 150),
    ])
    #expect(choice[.cheapest]?.candidate.plan.size == 8)
    #expect(
      choice.answerSentences.contains {
        $0.contains("by used ports alone the cheapest would be regions of 4 servers")
          && $0.contains("$100")
      })
    let agreed = choose([row(4, 100, 10), row(8, 100, 20)]).choice
    #expect(!agreed.answerSentences.contains { $0.contains("used ports") })
  }

  @Test func `says when optics do not pay and that the delay decides`() {
    let evaluator = TableEvaluator(rows: [
      row(1, 102, 10), row(4, 100, 20),
    ])
    var choice = chooseCandidate(evaluator.rows.map(\.candidate), evaluator: evaluator)
    let words = choice.opticsSentences(NetworkConditions(unlimitedNanoseconds: 101))
    #expect(words[0].hasPrefix("Optics do not pay in time"))
    #expect(words[0].contains("takes 2.0 % less time"))
    #expect(words[1].contains("unlimited rate would take 1.0 % less time"), "\(words)")
    let none = choice.opticsSentences(
      NetworkConditions(noOptics: "each expert group lies inside one server"))
    #expect(none.count == 1 && none[0].contains("no optical candidate"))
    // 25 ms of delay around 800 ns: three changes, and 1,100 ns without circuits.
    choice.scores[1].iterations = [IterationTime(nanoseconds: 1_100)]
    choice.scores[0].iterations = [
      IterationTime(nanoseconds: 25_000_800, exposedNanoseconds: 25_000_000)
    ]
    choice.scores[0].reconfigurations = 3
    let sentence = choice.delaySentence(choice.scores[0], against: choice.scores[1])
    #expect(sentence?.contains("25.00 ms are exposed delay of 3 changes") == true)
    #expect(sentence?.contains("below 100 ns exposed per change it breaks even") == true)
    #expect(choice.delaySentence(choice.scores[1], against: nil) == nil)
    // Slower than packets alone by itself: the delay is not what decides.
    choice.scores[1].iterations = [IterationTime(nanoseconds: 700)]
    let other = choice.delaySentence(choice.scores[0], against: choice.scores[1])
    #expect(other?.hasPrefix("The delay is not all: ") == true)
    #expect(other?.contains("it would still be no faster than packets alone") == true)
  }

  @Test func `optics pay in time or money only where the difference is worth a word`() {
    func words(_ rows: [Row]) -> [String] {
      choose(rows).choice.opticsSentences(NetworkConditions())
    }
    #expect(
      words([row(1, 100, 100), row(4, 80, 90)]) == [
        "Optics pay in time: the fastest with circuits, regions of 4 servers, contiguous, 6 optical NICs, "
          + "takes 20 % less time than packets alone and costs 10 % less ($90 instead of $100): 39 % more work "
          + "per dollar."
      ])
    let money = words([row(1, 100, 100), row(4, 102, 70)])
    #expect(money.first?.contains("none with circuits is faster") == true)
    #expect(
      money.last?.contains(
        "pay in money: the cheapest within 5.0 % of the fastest, regions of 4 servers, contiguous, 6 optical "
          + "NICs, takes 2.0 % more time than packets alone and costs 30 % less") == true)
    // 2 % is no saving.
    let alike = words([row(1, 100, 100), row(4, 102, 98)])
    #expect(alike.last?.hasPrefix("Optics do not pay in money: ") == true)
    #expect(alike.last?.contains("costs 2.0 % less ($98 instead of $100)") == true)
    let trade = words([row(1, 100, 100), row(4, 130, 60)])
    #expect(trade.last?.hasPrefix("Optics trade time for money: regions of 4 servers") == true)
    #expect(trade.last?.contains("28 % more work per dollar") == true)
  }

  @Test func `an assumed price is said where money is the argument`() {
    var choice = choose([row(1, 100, 100), row(4, 102, 70)]).choice
    let place = choice.scores.firstIndex { $0.candidate.plan.size == 4 } ?? 0
    #expect(!choice.opticsSentences(NetworkConditions()).joined().contains("costs what others' do"))
    choice.scores[place].quote.switchUse = SwitchUse(
      switches: 16, portsUsed: 24, radix: 32, isPricePublished: false)
    #expect(choice.opticsSentences(NetworkConditions()).joined().contains("costs what others' do"))
  }

  /// 98 of which 40 ports cost 1 each: 95 need ports at 0.925; at 0.05 each they would not be enough.
  @Test func `says what a port may cost`() {
    func words(_ price: Double) -> String {
      var choice = choose([row(1, 100e3, 100e3), row(4, 102e3, 98e3)]).choice
      let place = choice.scores.firstIndex { $0.candidate.plan.size == 4 } ?? 0
      choice.scores[place].quote.switchUse = SwitchUse(
        switches: 4, portsUsed: 8, radix: 10, portPriceUSD: price)
      return choice.opticsSentences(NetworkConditions()).last ?? ""
    }
    #expect(
      words(1_000).contains("a port of its switches would have to cost $925 instead of $1,000"))
    #expect(words(50).contains("ports for nothing would not be enough"))
  }

  @Test func `nothing is said about optics where none could be tried`() {
    let alone = choose([row(1, 100, 100)]).choice
    #expect(
      alone.opticsSentences(
        NetworkConditions(omissions: ["plzt has 16 ports", "plzt has 16 ports"]))
        == [
          "Whether optics pay is not known: no network with circuits could be tried (plzt has 16 ports)."
        ])
    var broken = row(4, 100, 100)
    broken.failure = "no such switch"
    let failed = choose([row(1, 100, 100), broken]).choice
    #expect(
      failed.opticsSentences(NetworkConditions()) == [
        "Whether optics pay is not known: no network with circuits could be replayed (no such switch)."
      ])
  }

  /// Packets 200 of which 100 are the network's own; circuits 190: 10 % of the network.
  ///
  /// With the network k times as long they take 100 + 90 k against 100 + 100 k: packets are 5 % slower from
  /// k = 0.9 on, and 30 of delay
  /// put it off to 6.6.
  @Test func `says at which bandwidth circuits would pay`() {
    func words(_ circuits: Double, exposed: Double) -> String {
      choose([row(1, 200, 10), row(4, circuits, 10, exposed: exposed)]).choice.opticsSentences(
        NetworkConditions(unlimitedNanoseconds: 100, nicBitsPerSecond: 400e9)
      ).joined(separator: "\n")
    }
    let late = words(220, exposed: 30)
    #expect(late.contains("6 optical NICs takes 10 % off the network's own time"), "\(late)")
    #expect(late.contains("6.6× as long"), "\(late)")
    #expect(late.contains("NICs below some 60.3 Gb/s instead of 400.0"))
    #expect(
      words(197, exposed: 0).contains(
        "No bandwidth would make them pay: before any delay circuits take only 3.0 %"))
    #expect(words(203, exposed: 0).contains("nothing off the network's own time"))
    let unblocked = choose([row(1, 200, 10), row(4, 203, 10)]).choice.opticsSentences(
      NetworkConditions(unlimitedNanoseconds: 100, packetsNeverBlock: true))
    #expect(unblocked.joined().contains("at any bandwidth circuits are as fast at best"))
  }

  @Test func `of equally cheap networks the faster is the answer`() {
    let (choice, _) = choose([row(1, 104, 10), row(4, 100, 10), row(8, 101, 10)])
    #expect(choice[.cheapest]?.candidate.plan.size == 4)
    #expect(choice.front.contains { choice.scores[$0].candidate.plan.size == 4 })
  }

  @Test func `the knee says what more money buys and how often it moves`() {
    var random = RandomStream(seed: 3)
    let rows = [(1, 200.0, 100.0), (4, 110, 120), (16, 100, 300)].map { size, time, cost in
      Row(size: size, times: (0..<27).map { _ in time * (0.99 + 0.02 * random.unit()) }, cost: cost)
    }
    let (choice, _) = choose(rows)
    let words = choice.sentence(on: .knee) ?? ""
    #expect(choice[.knee]?.candidate.plan.size == 4)
    #expect(words.contains("the fastest costs 150 % more and takes 9."), "\(words)")
    #expect(words.contains("another answer in 0 % of 200 resamples"))
  }

  @Test func `small values of topology and reconfiguration are said plainly`() {
    let value = OpticsValue(
      topology: .value(0.002, .share), reconfiguration: .notIdentifiable("one matrix"),
      pairInformation: .value(0.0103, .bits), receiveMaxOverMean: .value(2.37, .ratio))
    #expect(value.sentences.count == 2)
    #expect(value.sentences[0].contains("win 0.2 % over a fixed circulant"))
    #expect(value.sentences[0].contains("does not pay"))
    #expect(value.sentences[0].contains("0.010 bit"))
    #expect(value.sentences[0].contains("2.37× the mean"))
    #expect(value.sentences[1] == "Reconfiguration value: not measurable: one matrix.")
    let strong = OpticsValue(
      topology: .value(0.3, .share), reconfiguration: .value(0.9, .share))
    #expect(!strong.sentences.contains { $0.contains("not pay") })
    #expect(OpticsValue().sentences.isEmpty)
  }

  @Test func `what cannot be built or replayed is counted with its reason`() {
    var broken = row(2, 90, 10)
    broken.failure = "no such switch"
    let (choice, _) = choose([row(4, 100, 10), broken])
    #expect(choice.dropped.map(\.reason) == [.failed("no such switch")])
    #expect(choice.countSentence == "2 candidates: 1 replayed in full, 1 without a result")
  }

  @Test func `no candidates give no answers`() {
    let (choice, _) = choose([])
    #expect(choice.answers.isEmpty && choice.front.isEmpty)
    #expect(choice.answerSentences.isEmpty)
  }
}
