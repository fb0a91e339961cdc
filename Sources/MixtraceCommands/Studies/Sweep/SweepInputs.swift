internal import Configuration
internal import FoundationEssentials
internal import TraceModel

/// A digest of all that the rows of a sweep depend on: rows of different inputs are never mixed.
///
/// Every row has it, in 16 letters; it is the same on every machine.
struct SweepInputs {
  private var digest = InputDigest()

  /// - Parameters:
  ///   - names: the fabrics that were asked for.
  ///   - files: the fabric files and their edge lists.
  init(
    grid: SweepGrid, fabrics names: [String], workload: Workload, files: [String]
  ) throws {
    digest.combine(Mixtrace.version)
    for axis in grid.axes { digest.combine([axis.option] + axis.values) }
    digest.combine(names)
    for path in files {
      guard let data = FileManager.default.contents(atPath: path) else {
        throw VerbError("\(path) cannot be read")
      }
      digest.combine(String(decoding: data, as: UTF8.self))
    }
    combine(workload)
  }

  /// Four bits for each letter: digits would be taken for a number by some readers.
  var text: String {
    let letters = Array("abcdefghijklmnop")
    return String(
      stride(from: 60, through: 0, by: -4).map { letters[Int(digest.value >> $0 & 15)] })
  }

  /// The selected part of the traces with its changes, as it is replayed.
  private mutating func combine(_ workload: Workload) {
    digest.combine(workload.grain.name)
    // All their properties, whatever is added to them.
    digest.combine("\(workload.layout) \(String(describing: workload.model))")
    let demands = workload.demands
    for offset in demands.offsets { digest.combine(offset) }
    for pair in demands.source.indices {
      digest.combine(Int(demands.source[pair]) << 32 | Int(demands.destination[pair]))
      digest.combine(Int(demands.amount[pair]))
    }
    for step in workload.steps { combine(step) }
  }

  private mutating func combine(_ step: Workload.Step) {
    digest.combine([step.kind.name, step.role.name, step.phase.name])
    for number in [
      step.operation, step.iteration, step.microBatch, step.stage, step.layer, step.group,
    ] { digest.combine(Int(number)) }
    digest.combine(step.demand)
    digest.combine(step.isTransposed ? 1 : 0)
    for number in [step.bytesPerUnit, step.start, step.end] { digest.combine(Int(number)) }
    digest.combine(Int(bitPattern: UInt(step.computeBeforeNanoseconds.bitPattern)))
    digest.combine(step.computeFollowsBytes ? 1 : 0)
    digest.combine(step.predecessors.count)
    for operation in step.predecessors { digest.combine(Int(operation)) }
  }
}

/// Tells inputs apart that differ by chance; not a defence against forgery.
struct InputDigest {
  private(set) var value: UInt64 = 0x243F_6A88_85A3_08D3

  mutating func combine(_ number: Int) {
    // The output function of SplitMix64, so that each bit reaches all others.
    var mixer = RandomStream(seed: value ^ UInt64(bitPattern: Int64(number)))
    value = mixer.next()
  }

  mutating func combine(_ text: String) {
    combine(text.utf8.count)
    for byte in text.utf8 { combine(Int(byte)) }
  }

  mutating func combine(_ texts: [String]) {
    combine(texts.count)
    for text in texts { combine(text) }
  }
}
