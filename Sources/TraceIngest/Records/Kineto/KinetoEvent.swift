internal import TraceModel

/// What one event of a Kineto trace is to a reader of communication.
enum KinetoEvent {
  static let keys = ["ph", "cat", "name", "tid", "ts", "dur", "args"]
  static let (phase, category, name, thread) = (0, 1, 2, 3)
  static let (start, duration, arguments) = (4, 5, 6)

  /// A kernel of a communication library.
  case libraryKernel
  /// A kernel that moves tokens to experts or back (DeepEP and the like).
  case expertKernel
  /// The call by which the CPU starts a kernel.
  case launch
  /// The CPU's record of a collective.
  case record
  /// A range that says what is going on: a step, a dispatch, a backward pass.
  case range(CommsContext, iteration: Int32)
  case other

  /// Looks at category and name; arguments and times are left alone.
  static func kind(_ text: RawSpan, _ places: JSONRecord) throws(JSONDefect) -> KinetoEvent {
    guard let phase = try places.string(Self.phase, text),
      text.extracting(phase).equals("X"),
      let category = try places.string(Self.category, text),
      let range = try places.string(Self.name, text)
    else { return .other }
    let group = text.extracting(category)
    let name = text.extracting(range)
    if group.equals("kernel") { return kernel(name) }
    if group.equals("cuda_runtime") || group.equals("cuda_driver") {
      return name.contains("Launch", ignoringCase: false) ? .launch : .other
    }
    if group.equals("cpu_op") {
      if name.equals("record_param_comms") { return .record }
      guard name.begins(with: "autograd::engine::") else { return .other }
      return .range(CommsContext(nameBytes: name), iteration: Operation.unknown)
    }
    guard group.equals("user_annotation") else { return .other }
    if name.begins(with: "nccl:") { return .record }
    let context = CommsContext(nameBytes: name)
    let step = profilerStep(named: name) ?? Operation.unknown
    return context.isEmpty && step == Operation.unknown ? .other : .range(context, iteration: step)
  }

  private static func kernel(_ name: RawSpan) -> KinetoEvent {
    if name.begins(with: "ncclKernel") || name.begins(with: "ncclDevKernel") {
      return .libraryKernel
    }
    let function = name.extracting(functionName(name))
    return function.equals("dispatch") || function.equals("combine") ? .expertKernel : .other
  }

  /// The function of a C++ kernel without namespaces, template arguments and parameters:
  /// "void ep::internode::dispatch<false, 8>(int4*)" → "dispatch".
  private static func functionName(_ name: RawSpan) -> Range<Int> {
    var end = 0
    while end < name.byteCount, name.byte(at: end) != UInt8(ascii: "<"),
      name.byte(at: end) != UInt8(ascii: "(")
    {
      end += 1
    }
    var start = end
    while start > 0, name.byte(at: start - 1) != UInt8(ascii: ":"),
      name.byte(at: start - 1) != UInt8(ascii: " ")
    {
      start -= 1
    }
    return start..<end
  }
}

extension RawSpan {
  /// True when the bytes begin with a word.
  func begins(with word: StaticString) -> Bool {
    byteCount >= word.utf8CodeUnitCount && extracting(first: word.utf8CodeUnitCount).equals(word)
  }
}
