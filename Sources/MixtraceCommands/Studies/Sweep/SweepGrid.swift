internal import ArgumentParser

/// Every combination of some values of fabric options; the last option varies fastest.
struct SweepGrid: Sendable {
  /// One option and its values, as they are written on the command line.
  struct Axis: Sendable, Hashable {
    var option: String
    var values: [String]
  }

  /// More combinations than anyone waits for.
  static let pointLimit = 100_000

  let axes: [Axis]

  /// Reads words such as `alpha=2,4,6`.
  init(_ words: [String]) throws {
    var axes: [Axis] = []
    var count = 1
    for word in words {
      let axis = try Self.axis(word)
      if axes.contains(where: { $0.option == axis.option }) {
        throw ValidationError("--vary \(axis.option) is given twice: write all its values at once")
      }
      axes.append(axis)
      count *= axis.values.count
      guard count <= Self.pointLimit else {
        throw ValidationError("these values make more than \(Self.pointLimit) combinations")
      }
    }
    self.axes = axes
  }

  private static func axis(_ word: String) throws -> Axis {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let values = parts.count == 2 ? parts[1].split(separator: ",").map { $0.trimmed } : []
    guard !values.isEmpty, !parts[0].isEmpty else {
      throw ValidationError(
        "--vary \(word): write an option of replay and its values, such as alpha=2,4,6")
    }
    let option = parts[0].hasPrefix("--") ? String(parts[0].dropFirst(2)) : String(parts[0])
    return Axis(option: option, values: values)
  }

  var count: Int { axes.reduce(1) { $0 * $1.values.count } }

  /// The value of each axis at one point.
  func values(at point: Int) -> [String] {
    var rest = point
    var values: [String] = []
    for axis in axes.reversed() {
      values.append(axis.values[rest % axis.values.count])
      rest /= axis.values.count
    }
    return values.reversed()
  }

  /// The options at one point, checked as if they stood on the command line.
  func parameters(at point: Int) throws -> FabricParameters {
    try Self.parameters(Array(zip(axes, values(at: point))))
  }

  /// The options with each value alone, and without any; every fabric file with each value.
  ///
  /// A wrong value is found here, in about as many steps as there are values, not combinations. All
  /// kinds of fabrics that a sweep can come to are among these.
  func parametersOfEachValue() throws -> [FabricParameters] {
    let isFile = { (axis: Axis) in axis.option == "fabrics" }
    let files = axes.filter(isFile).flatMap { axis in axis.values.map { [(axis, $0)] } }
    let others = axes.filter { !isFile($0) }.flatMap { axis in axis.values.map { [(axis, $0)] } }
    return try (files.isEmpty ? [[]] : files).flatMap { file in
      try [Self.parameters(file)] + others.map { try Self.parameters(file + $0) }
    }
  }

  private static func parameters(_ values: [(axis: Axis, value: String)]) throws -> FabricParameters
  {
    // One word each: a value may begin with a dash.
    let arguments = values.map { "--\($0.axis.option)=\($0.value)" }
    do {
      return try FabricOptions.parse(arguments).parameters()
    } catch {
      // Options such as help answer with a text.
      guard FabricOptions.exitCode(for: error) != .success else {
        let options = values.map(\.axis.option).joined(separator: ", ")
        throw ValidationError("--vary: \(options) is no fabric parameter of replay")
      }
      throw ValidationError("--vary: \(FabricOptions.message(for: error))")
    }
  }
}

extension Substring {
  /// Without spaces at both ends.
  fileprivate var trimmed: String {
    var rest = self
    while rest.first == " " { rest.removeFirst() }
    while rest.last == " " { rest.removeLast() }
    return String(rest)
  }
}
