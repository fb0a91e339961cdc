internal import TraceModel

/// Which connections make a communicator, told by what their traffic has in common.
///
/// The connections of a ring, and those from one pipeline stage to the next, carry equal amounts in
/// messages of equal sizes at the same time, and each end has one peer: they are a communicator.
/// What is left are exchanges whose sizes follow the routing; NICs that are linked by them are one
/// group, and groups that are busy at the same times (tensor-parallel lanes, replicas) are one
/// communicator. Each is divided into operations by its own pauses.
struct Communicators {
  /// The communicator of each channel.
  let ofChannel: [Int]
  let kinds: [Kind]
  private let channels: Channels

  enum Kind {
    /// Every end has its peers and equal amounts for them.
    case regular
    /// Amounts differ from peer to peer, or nothing is known.
    case exchange
  }

  var count: Int { kinds.count }

  private init(ofChannel: [Int], kinds: [Kind], channels: Channels) {
    self.ofChannel = ofChannel
    self.kinds = kinds
    self.channels = channels
  }

  /// The communicator of a row of a block, which was counted among the channels.
  func communicator(of block: MessageTable, row: Int) -> Int {
    guard count > 1 else { return 0 }
    return channels.number(of: block, row: row).map { ofChannel[$0] } ?? 0
  }

  /// The communicator of a message, or nil when its connection was not counted.
  func communicator(of message: Message) -> Int? {
    channels.number(
      source: message.source, destination: message.destination, channel: message.channel
    ).map { ofChannel[$0] }
  }

  /// The address ids between which a communicator's connections carry bytes.
  func addressPairs(of communicator: Int) -> [(source: Int32, destination: Int32)] {
    ofChannel.indices.filter { ofChannel[$0] == communicator && channels.bytes[$0] > 0 }
      .map { (channels.source[$0], channels.destination[$0]) }
  }

  /// Connections beyond which the capture is no training job's: comparing them would take longer than
  /// reading it.
  private static let mostChannels = 1 << 17
  /// Groups of NICs beyond which the capture is no training job's: they are read as one.
  private static let mostGroups = 512
  /// Busy times with less in common belong to different groups.
  private static let leastGroupLikeness = 0.85
  /// A regular class of which so much runs together with an exchange is a part of it.
  private static let leastPartShare = 0.92
  /// Exchanges with a smaller part of all bytes than one in so many are no job's.
  private static let leastExchanged: Int64 = 10

  /// Everything is one communicator.
  static func one(_ channels: Channels) -> Communicators {
    Communicators(
      ofChannel: [Int](repeating: 0, count: channels.count), kinds: [.exchange],
      channels: channels)
  }

  /// Tells communicators apart.
  ///
  /// O(channels log channels + channels × classes of equal traffic + groups²).
  /// - Parameter busy: one row for each channel.
  static func find(_ channels: Channels, busy: BusyBins, layout: Layout) -> Communicators {
    guard channels.count <= mostChannels else { return one(channels) }
    let ends = ChannelEnds(channels, layout: layout)
    var classOf = RegularClasses.find(channels, busy: busy, ends: ends)
    var groupOf = groups(of: classOf, ends: ends)
    returnParts(&classOf, &groupOf, busy: busy, ends: ends)
    let (classes, groups) = (size(classOf), size(groupOf))
    guard groups <= mostGroups, classes <= mostGroups else { return one(channels) }
    let rowOf = classOf.indices.map { classOf[$0] >= 0 ? classOf[$0] : classes + groupOf[$0] }
    let merged = merge(
      classes: classes, groups: groups, busy: busy.joined(into: classes + groups, rowOf))
    // Numbered by their first channel.
    var number: [Int: Int] = [:]
    var ofChannel: [Int] = []
    var kinds: [Kind] = []
    for row in rowOf {
      let communicator = number[merged[row]] ?? number.count
      if communicator == kinds.count {
        number[merged[row]] = communicator
        kinds.append(merged[row] < classes ? .regular : .exchange)
      }
      ofChannel.append(communicator)
    }
    var bytes = (exchanged: Int64(0), all: Int64(0))
    for (channel, communicator) in ofChannel.enumerated() {
      bytes.all &+= channels.bytes[channel]
      if kinds[communicator] == .exchange { bytes.exchanged &+= channels.bytes[channel] }
    }
    // Where nearly all amounts are equal they are an exchange's: an even one, or between few servers.
    guard bytes.exchanged >= bytes.all / leastExchanged else { return one(channels) }
    return Communicators(ofChannel: ofChannel, kinds: kinds, channels: channels)
  }

  private static func size(_ numbers: [Int]) -> Int { (numbers.max() ?? -1) + 1 }

  /// NICs that exchanges link, directly or through others, by channel; −1 for regular channels.
  private static func groups(of classOf: [Int], ends: ChannelEnds) -> [Int] {
    var sets = DisjointSets(count: ends.nicCount)
    for channel in classOf.indices where classOf[channel] < 0 {
      sets.join(ends.source[channel], ends.destination[channel])
    }
    var number = [Int: Int]()
    return classOf.indices.map { channel in
      guard classOf[channel] < 0 else { return -1 }
      let root = sets.root(of: ends.source[channel])
      let known = number[root] ?? number.count
      number[root] = known
      return known
    }
  }

  /// Equal amounts by chance, or because the routing is even: a class that is only busy when an
  /// exchange among its NICs is, and one beside which nothing but a few channels like it is left.
  private static func returnParts(
    _ classOf: inout [Int], _ groupOf: inout [Int], busy: BusyBins, ends: ChannelEnds
  ) {
    let (classes, groups) = (size(classOf), size(groupOf))
    var groupOfNIC = [Int](repeating: -1, count: ends.nicCount)
    for channel in classOf.indices where groupOf[channel] >= 0 {
      groupOfNIC[ends.source[channel]] = groupOf[channel]
      groupOfNIC[ends.destination[channel]] = groupOf[channel]
    }
    let rows = busy.joined(
      into: classes + groups,
      classOf.indices.map { classOf[$0] >= 0 ? classOf[$0] : classes + groupOf[$0] })
    var isPart = [Bool](repeating: false, count: classes)
    for channel in classOf.indices where classOf[channel] >= 0 && !isPart[classOf[channel]] {
      let number = classOf[channel]
      let (from, to) = (groupOfNIC[ends.source[channel]], groupOfNIC[ends.destination[channel]])
      isPart[number] =
        from >= 0 && from == to && rows.share(of: number, in: classes + from) >= leastPartShare
        || [from, to].contains {
          $0 >= 0 && rows.share(of: classes + $0, in: number) >= leastPartShare
        }
    }
    for channel in classOf.indices where classOf[channel] >= 0 && isPart[classOf[channel]] {
      classOf[channel] = -1
    }
    groupOf = Self.groups(of: classOf, ends: ends)
  }

  /// Groups that keep time with one another become one; each row's lowest companion.
  private static func merge(classes: Int, groups: Int, busy: BusyBins) -> [Int] {
    var merged = Array(0..<classes + groups)
    for group in classes..<classes + groups {
      merged[group] =
        (classes..<group).first {
          merged[$0] == $0 && busy.areAlike($0, group, least: leastGroupLikeness)
        } ?? group
    }
    return merged
  }
}

/// The NICs and servers of every channel's ends; NICs are numbered without gaps.
struct ChannelEnds {
  var source: [Int]
  var destination: [Int]
  var nicCount: Int
  private var serverOfNIC: [Int]

  init(_ channels: Channels, layout: Layout) {
    let nicOfAddress = layout.addresses.map { $0.server * layout.nicsPerServer + $0.nic }
    let used = Set((channels.source + channels.destination).map { nicOfAddress[Int($0)] }).sorted()
    var number: [Int: Int] = [:]
    for (index, nic) in used.enumerated() { number[nic] = index }
    source = channels.source.map { number[nicOfAddress[Int($0)]] ?? 0 }
    destination = channels.destination.map { number[nicOfAddress[Int($0)]] ?? 0 }
    nicCount = used.count
    serverOfNIC = used.map { layout.server(of: $0, at: .nic) }
  }

  /// The servers between which a channel runs.
  func servers(of channel: Int) -> EndPair {
    EndPair(source: serverOfNIC[source[channel]], destination: serverOfNIC[destination[channel]])
  }
}
