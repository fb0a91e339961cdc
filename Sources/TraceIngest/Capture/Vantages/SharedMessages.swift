internal import TraceModel

/// Messages of several vantages: those that two of them saw become one.
///
/// A message is held until its copies must have come. Copies go between the same addresses on the
/// same channel, take up the same sequence numbers and are seen at about the same time. Memory does
/// not grow with the length of the captures: as many messages are held as come in a few hundredths
/// of a second, with an upper limit, and of what was handed on a few numbers are kept per channel.
struct SharedMessages {
  /// Nanoseconds by which the clocks of two vantages may differ, twice what is promised.
  static let maximumClockDifference: Int64 = 20_000_000
  /// Held messages of a channel that are looked at for a copy.
  private static let maximumSteps = 64
  private static let datagramKind: UInt64 = 3

  private struct Held {
    var message: Message
    var place: MessagePlace
    var vantage: Int32
    /// −1 when the channel was forgotten.
    var channel: Int32
    /// Number of the channel's next held message, or −1.
    var next = -1
  }

  private struct Channel {
    /// Of the track of one vantage; the others follow from it.
    var track: Int32 = -1
    /// Numbers of the first and last held message, or −1.
    var head = -1
    var tail = -1
    var lastTime = Int64.min
  }

  /// Messages are numbered as they come; `held` begins with number `releasedCount`.
  private var held = SlidingArray<Held>()
  private(set) var releasedCount = 0
  private let maximumChannels: Int
  private var pairs = KeyTable()
  private var senders = KeyTable()
  private var keys = KeyTable()
  private var channels: [Channel] = []
  private var tracks: [ChannelTrack] = []
  private var reads = SharedReads()
  private(set) var clocks: ClockOffsets
  private(set) var counts = Counts()
  /// By vantage: whether a message of it was seen at another one, whatever their clocks say.
  private(set) var hasCopies: [Bool]

  /// What was compared.
  struct Counts {
    /// Copies that were left out, and their bytes.
    var duplicates: Int64 = 0
    var duplicateBytes: Int64 = 0
    /// READ requests without a response at their own vantage that another one answered.
    var answeredReads: Int64 = 0
    var answeredReadBytes: Int64 = 0
    /// Messages that went on before all their copies must have come.
    var releasedEarly: Int64 = 0
    /// Channels that were forgotten to make room.
    var forgottenChannels: Int64 = 0
  }

  init(vantageCount: Int, maximumChannels: Int) {
    clocks = ClockOffsets(vantageCount: vantageCount)
    hasCopies = [Bool](repeating: false, count: vantageCount)
    self.maximumChannels = max(2, maximumChannels)
  }

  var heldCount: Int { held.count }
  /// The number that the next message gets.
  var nextNumber: Int { releasedCount + held.count }

  // MARK: Taking messages

  /// Takes one message of a vantage; times are by the vantage's clock.
  ///
  /// Amortised O(1).
  mutating func take(_ message: Message, at place: MessagePlace, vantage: Int) {
    if place.isRequestOnly {
      if reads.isShown(message, place) {
        count(answered: message)
      } else {
        held.append(
          Held(
            message: message, place: place, vantage: Int32(truncatingIfNeeded: vantage),
            channel: -1))
      }
      return
    }
    if message.kind == .read { reads.note(message, place) }
    let channel = channel(of: message, place)
    channels[channel].lastTime = max(channels[channel].lastTime, message.end)
    let own = track(of: vantage, channel)
    let space: SequenceSpace = message.kind == .tcp ? .bytes : .packets
    var message = message
    tracks[own].add(
      place, from: message.start, to: message.end, in: space, maximumRuns: maximumRuns)
    // Messages of nothing but repeated bytes have no place.
    let isAlone = tracks[own].next < 0 && channels[channel].track == Int32(own)
    if !isAlone, place.count > 0 {
      if joinHeld(message, place, space, vantage: vantage, channel, own) { return }
      if isShown(&message, place, space, channel, own) { return }
    }
    tracks[own].cursor = nextNumber
    append(
      Held(
        message: message, place: place, vantage: Int32(truncatingIfNeeded: vantage),
        channel: Int32(truncatingIfNeeded: channel)))
  }

  private mutating func count(answered read: Message) {
    counts.answeredReads += 1
    counts.answeredReadBytes &+= read.bytes
  }

  /// The more channels there are, the less each remembers: 2^20 runs of numbers together.
  private var maximumRuns: Int { min(256, max(4, (1 << 20) / max(1, tracks.count))) }

  private mutating func append(_ entry: Held) {
    let number = nextNumber
    held.append(entry)
    let channel = Int(entry.channel)
    let tail = channels[channel].tail
    if tail >= releasedCount {
      held[tail - releasedCount].next = number
    } else {
      channels[channel].head = number
    }
    channels[channel].tail = number
  }

  /// True when other vantages have shown all of a message; what they have shown of it is taken off.
  ///
  /// Messages of RDMA have the same borders everywhere: one that was shown for the most part was
  /// shown. Those of TCP are cut by pauses and lose the bytes that are known.
  private mutating func isShown(
    _ message: inout Message, _ place: MessagePlace, _ space: SequenceSpace, _ channel: Int,
    _ own: Int
  ) -> Bool {
    let (covered, track) = shownElsewhere(message, place, space, channel, own)
    if covered > 0 { noteCopy(at: tracks[own].vantage, and: tracks[track].vantage) }
    let enough = space == .packets ? place.count - place.count / 2 : place.count
    if covered >= enough {
      counts.duplicates += 1
      counts.duplicateBytes &+= message.bytes
      return true
    }
    if space == .bytes, covered > 0 {
      let known = min(message.bytes, Int64(covered))
      counts.duplicateBytes &+= known
      message.bytes -= known
      message.repeatedBytes &+= known
    }
    return false
  }

  private mutating func noteCopy(at one: Int32, and other: Int32) {
    hasCopies[Int(one)] = true
    hasCopies[Int(other)] = true
  }

  /// How many of a message's numbers another vantage has shown, the one that has shown most of them,
  /// and its track.
  private func shownElsewhere(
    _ message: Message, _ place: MessagePlace, _ space: SequenceSpace, _ channel: Int, _ own: Int
  ) -> (count: UInt32, track: Int) {
    var most = (count: UInt32(0), track: own)
    var index = Int(channels[channel].track)
    while index >= 0 {
      if index != own {
        let count = tracks[index].covered(
          place, from: message.start, to: message.end, in: space)
        if count > most.count { most = (count, index) }
      }
      index = Int(tracks[index].next)
    }
    return most
  }

  // MARK: Copies of held messages

  /// Finds the held message of which this is a copy, and makes the two one.
  private mutating func joinHeld(
    _ message: Message, _ place: MessagePlace, _ space: SequenceSpace, vantage: Int,
    _ channel: Int, _ own: Int
  ) -> Bool {
    let head = channels[channel].head
    // Copies come in the same order, with few exceptions.
    let following = following(own, channel)
    var found = copy(of: message, place, space, vantage: vantage, from: following)
    if found == nil, following != head {
      found = copy(of: message, place, space, vantage: vantage, from: head)
    }
    guard let found else { return false }
    tracks[own].cursor = found
    join(message, place, space, vantage: vantage, channel, own, intoHeld: found - releasedCount)
    return true
  }

  /// Number of the held message behind the one that a vantage's last message was a copy of, or −1.
  private func following(_ own: Int, _ channel: Int) -> Int {
    let cursor = tracks[own].cursor
    return cursor >= releasedCount ? held[cursor - releasedCount].next : channels[channel].head
  }

  /// The number of the held message that is the same, searched from a number on.
  private func copy(
    of message: Message, _ place: MessagePlace, _ space: SequenceSpace, vantage: Int,
    from first: Int
  ) -> Int? {
    var number = first
    var steps = 0
    while number >= releasedCount, steps < Self.maximumSteps {
      let other = held[number - releasedCount]
      if other.vantage != Int32(vantage), Self.isCopy(message, place, of: other, space) {
        return number
      }
      number = other.next
      steps += 1
    }
    return nil
  }

  private static func isCopy(
    _ message: Message, _ place: MessagePlace, of other: Held, _ space: SequenceSpace
  ) -> Bool {
    // One of the two may lack its beginning or its end.
    let difference = min(
      (message.start &- other.message.start).magnitude, (message.end &- other.message.end).magnitude
    )
    guard difference <= UInt64(maximumClockDifference), message.kind == other.message.kind else {
      return false
    }
    if space == .bytes { return place == other.place }
    let common = numbersInCommon(place, other.place, space)
    return common > 0 && common * 2 >= Int64(min(place.count, other.place.count))
  }

  /// How many numbers two messages both take up; not above 0 when there are none.
  private static func numbersInCommon(
    _ place: MessagePlace, _ other: MessagePlace, _ space: SequenceSpace
  ) -> Int64 {
    let start = Int64(space.distance(from: place.sequence, to: other.sequence))
    return min(start + Int64(other.count), Int64(place.count)) - max(start, 0)
  }

  private mutating func join(
    _ message: Message, _ place: MessagePlace, _ space: SequenceSpace, vantage: Int,
    _ channel: Int, _ own: Int, intoHeld index: Int
  ) {
    var other = held[index]
    counts.duplicates += 1
    noteCopy(at: Int32(truncatingIfNeeded: vantage), and: other.vantage)
    let repeated = min(message.bytes, other.message.bytes)
    counts.duplicateBytes &+= repeated
    if place == other.place, message.packets == other.message.packets {
      clocks.note(Int(other.vantage), at: other.message.start, vantage, at: message.start)
    }
    let repeatedBytes = max(message.repeatedBytes, other.message.repeatedBytes) &+ repeated
    if Self.isFuller(message, vantage: vantage, than: other),
      !runsOn(message, place, beyond: other, space, channel, own)
    {
      let otherTrack = track(of: Int(other.vantage), channel)
      tracks[otherTrack].forget(other.place, butFor: place, in: space)
      other.message = message
      other.place = place
      other.vantage = Int32(truncatingIfNeeded: vantage)
    } else {
      tracks[own].forget(place, butFor: other.place, in: space)
    }
    other.message.repeatedBytes = repeatedBytes
    held[index] = other
  }

  /// Of two copies the one that misses less counts: its bytes are seen, those of missing packets are
  /// estimated.
  ///
  /// Then the one with more packets, with more bytes, of the first vantage.
  private static func isFuller(_ message: Message, vantage: Int, than other: Held) -> Bool {
    (-message.missingPackets, message.packets, message.bytes, -vantage)
      > (
        -other.message.missingPackets, other.message.packets, other.message.bytes,
        -Int(other.vantage)
      )
  }

  /// True when a message with gaps takes up what others have shown besides its copy: it is several
  /// messages, of which the borders were lost.
  private func runsOn(
    _ message: Message, _ place: MessagePlace, beyond other: Held, _ space: SequenceSpace,
    _ channel: Int, _ own: Int
  ) -> Bool {
    guard message.missingPackets > 0, space == .packets else { return false }
    return Int64(shownElsewhere(message, place, space, channel, own).count)
      > Self.numbersInCommon(place, other.place, space)
  }

  // MARK: Handing on

  /// Hands on the held messages with numbers below `number`, by the clock of the first vantage.
  mutating func release(below number: Int, into messages: inout MessageTable) {
    var count = 0
    while releasedCount + count < number, count < held.count {
      let entry = held[count]
      count += 1
      if entry.place.isRequestOnly, reads.isAnswered(entry.message, entry.place) {
        self.count(answered: entry.message)
        continue
      }
      var message = entry.message
      let offset = clocks.offsets[Int(entry.vantage)]
      message.start &-= offset
      message.end &-= offset
      messages.append(message)
      if entry.channel >= 0 { channels[Int(entry.channel)].head = entry.next }
    }
    held.removeFirst(count)
    releasedCount += count
  }

  /// Hands on the oldest when more are held than may be.
  mutating func releaseBeyond(_ maximum: Int, into messages: inout MessageTable) {
    guard held.count > maximum else { return }
    let number = nextNumber - maximum
    counts.releasedEarly += Int64(number - releasedCount)
    release(below: number, into: &messages)
  }

  // MARK: Channels

  private mutating func channel(of message: Message, _ place: MessagePlace) -> Int {
    let pair = pairs.number(
      of: UInt64(UInt32(bitPattern: message.source)) << 32
        | UInt64(UInt32(bitPattern: message.destination)))
    if channels.count >= maximumChannels { forgetIdleChannels() }
    // Requests, READ responses, connections and datagrams count each on their own.
    let (sender, kind): (Int, UInt64) =
      switch message.kind {
      case .read: (pair, 1)
      case .tcp: (pair, 2)
      case .datagram:
        (senders.number(of: UInt64(pair) << 32 | UInt64(place.sender)), Self.datagramKind)
      default: (pair, 0)
      }
    let number = keys.number(of: UInt64(sender) << 34 | kind << 32 | UInt64(message.channel))
    if number == channels.count { channels.append(Channel()) }
    return number
  }

  /// The track of a vantage, which is made when there is none.
  private mutating func track(of vantage: Int, _ channel: Int) -> Int {
    var index = Int(channels[channel].track)
    while index >= 0 {
      if tracks[index].vantage == Int32(vantage) { return index }
      index = Int(tracks[index].next)
    }
    tracks.append(
      ChannelTrack(vantage: Int32(truncatingIfNeeded: vantage), next: channels[channel].track))
    channels[channel].track = Int32(truncatingIfNeeded: tracks.count - 1)
    return tracks.count - 1
  }

  /// Forgets the half of the channels whose last message is oldest, and those of datagrams.
  ///
  /// O(channels · log channels + held messages), once for every so many new channels.
  private mutating func forgetIdleChannels() {
    let isIdle = idleHalf(of: channels.count) { channels[$0].lastTime }
    let (oldKeys, oldChannels, oldTracks) = (keys.keys, channels, tracks)
    var numbers = [Int32](repeating: -1, count: oldChannels.count)
    keys = KeyTable()
    senders = KeyTable()
    channels.removeAll(keepingCapacity: true)
    tracks.removeAll(keepingCapacity: true)
    for number in oldChannels.indices
    where !isIdle[number] && oldKeys[number] >> 32 & 3 != Self.datagramKind {
      numbers[number] = Int32(truncatingIfNeeded: channels.count)
      _ = keys.number(of: oldKeys[number])
      var channel = oldChannels[number]
      var track = Int(channel.track)
      channel.track = -1
      while track >= 0 {
        var moved = oldTracks[track]
        track = Int(moved.next)
        moved.next = channel.track
        channel.track = Int32(truncatingIfNeeded: tracks.count)
        tracks.append(moved)
      }
      channels.append(channel)
    }
    for index in 0..<held.count where held[index].channel >= 0 {
      held[index].channel = numbers[Int(held[index].channel)]
    }
    counts.forgottenChannels += Int64(oldChannels.count - channels.count)
  }
}
