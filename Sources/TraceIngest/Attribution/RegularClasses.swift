internal import TraceModel

/// Channels with equal traffic: those of a ring, or between two pipeline stages.
enum RegularClasses {
  /// Capture loss takes different bytes of each.
  private static let byteTolerance = 0.04
  private static let leastSizeLikeness = 0.8
  private static let leastTimeLikeness = 0.7
  /// Nanoseconds by which the ranks of one ring start apart.
  private static let startJitter: Int64 = 250_000
  /// Classes that a channel is compared with, among those of about its bytes.
  private static let mostCompared = 256
  /// Peers of one NIC: one for each GPU that shares it, two at most.
  private static let mostPeers = 2

  /// The class of each channel, numbered from 0; −1 for channels like no other, and for classes in
  /// which ends have many peers.
  static func find(_ channels: Channels, busy: BusyBins, ends: ChannelEnds) -> [Int] {
    var classOf = [Int](repeating: -1, count: channels.count)
    var classes: [[Int]] = []
    let sizes = channels.sizeCounts
    let order = (0..<channels.count).sorted {
      (channels.bytes[$1], $0) < (channels.bytes[$0], $1)
    }
    // The first channel of a class has its most bytes; those before `oldest` have too many.
    var oldest = 0
    for channel in order where channels.bytes[channel] > 0 {
      let most = Double(channels.bytes[channel]) * (1 + byteTolerance)
      while oldest < classes.count, Double(channels.bytes[classes[oldest][0]]) > most {
        oldest += 1
      }
      let like = classes.indices.suffix(from: max(oldest, classes.count - mostCompared)).first {
        let leader = classes[$0][0]
        return sizes.likeness(leader, channel) >= leastSizeLikeness
          && busy.areAlike(
            leader, channel, least: leastTimeLikeness, tolerance: startJitter)
      }
      if let like { classes[like].append(channel) } else { classes.append([channel]) }
    }
    var count = 0
    for members in inStep(classes.filter { $0.count > 1 && isRegular($0, ends: ends) }, busy: busy)
    where isRegular(members, ends: ends) {
      for channel in members { classOf[channel] = count }
      count += 1
    }
    return classOf
  }

  /// Classes that are always busy together become one: the two directions of each pair of an
  /// all-to-all carry equal amounts too, in its dispatch and in its combine, but all pairs together
  /// are a mesh.
  private static func inStep(_ classes: [[Int]], busy: BusyBins) -> [[Int]] {
    let rowOf = busy.rows(of: classes)
    let joined = busy.joined(into: classes.count, rowOf)
    var leaders: [Int] = []
    var members: [[Int]] = []
    for number in classes.indices {
      let like = leaders.prefix(mostCompared).firstIndex {
        joined.areAlike($0, number, least: leastTimeLikeness)
      }
      if let like {
        members[like] += classes[number]
      } else {
        leaders.append(number)
        members.append(classes[number])
      }
    }
    return members
  }

  /// True when no NIC has many peers in one direction, and no servers form a mesh.
  private static func isRegular(_ members: [Int], ends: ChannelEnds) -> Bool {
    var receivers: [Int: Set<Int>] = [:]
    var senders: [Int: Set<Int>] = [:]
    for channel in members {
      receivers[ends.source[channel], default: []].insert(ends.destination[channel])
      senders[ends.destination[channel], default: []].insert(ends.source[channel])
    }
    let isSparse =
      receivers.values.allSatisfy { $0.count <= mostPeers }
      && senders.values.allSatisfy { $0.count <= mostPeers }
    guard isSparse else { return false }
    let pairs = Array(Set(members.map { ends.servers(of: $0) }))
    return zip(pairs, communicatingGroups(of: pairs)).allSatisfy { $0.0.source != $0.0.destination }
      && regularShapes(of: pairs) != nil
  }

  /// What each group of servers forms, or nil when one forms neither ring nor chain.
  static func regularShapes(of pairs: [EndPair]) -> [BurstShape]? {
    let groupOf = communicatingGroups(of: pairs)
    var groups = [[EndPair]](repeating: [], count: (groupOf.max() ?? -1) + 1)
    for (pair, group) in zip(pairs, groupOf) { groups[group].append(pair) }
    var shapes: [BurstShape] = []
    for group in groups {
      guard let shape = BurstShape.classifyRegular(group) else { return nil }
      shapes.append(shape)
    }
    return shapes
  }
}

extension BurstShape {
  /// What equal amounts between some servers are: rings of some groups and chains of others do not
  /// keep time, so the first shape is that of all.
  static func ofRegular(_ pairs: [EndPair]) -> BurstShape {
    let shapes = RegularClasses.regularShapes(of: pairs) ?? []
    return shapes.first { $0.kind == .ring } ?? shapes.first
      ?? BurstShape(kind: .unknown, role: .other, confidence: 0)
  }

  /// Tells a ring from a chain, given that all amounts are equal: in a ring every end both sends and
  /// receives; or nil when ends have more than two peers.
  ///
  /// Between two ends equal amounts in both directions at once are a ring of two: stages of a
  /// pipeline send in one direction at a time.
  static func classifyRegular(_ pairs: [EndPair]) -> BurstShape? {
    var receivers: [Int: Int] = [:]
    var senders: [Int: Int] = [:]
    for pair in Set(pairs) {
      receivers[pair.source, default: 0] += 1
      senders[pair.destination, default: 0] += 1
    }
    guard receivers.values.allSatisfy({ $0 <= 2 }), senders.values.allSatisfy({ $0 <= 2 }) else {
      return nil
    }
    let ends = Set(receivers.keys).union(senders.keys)
    let relays = ends.count { receivers[$0] != nil && senders[$0] != nil }
    return relays == ends.count
      ? BurstShape(kind: .ring, role: .data, confidence: 0.9)
      : BurstShape(kind: .sendReceive, role: .pipeline, confidence: 0.9)
  }
}
