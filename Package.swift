// swift-tools-version: 6.2
import PackageDescription

// Warnings stop a build in CI only, so that a newer compiler never stops a user's.
let warningsAreErrors = Context.environment["CI"] != nil

let everyTarget: [SwiftSetting] =
  [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
  ] + (warningsAreErrors ? [.treatAllWarnings(as: .error)] : [])

let everyLibrary: [SwiftSetting] = everyTarget + [.strictMemorySafety()]

/// A library of ours: same folder name, same settings, the imports that DESIGN allows it.
func room(_ name: String, imports: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: imports, swiftSettings: everyLibrary)
}

/// The tests of one room; they use `package` access, so that they also run in release.
func tests(
  of room: String, imports: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
  .testTarget(
    name: room + "Tests",
    dependencies: [.target(name: room), "TestSupport"] + imports,
    exclude: exclude,
    swiftSettings: everyTarget)
}

let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let libraries = [
  "TraceModel", "ByteStreams", "TraceFormat", "PacketFormats", "TraceIngest",
  "LocalityAnalysis", "Replay", "TraceSynthesis", "Reporting", "Configuration",
]

// Without libFuzzer's main it cannot be linked, so only scripts/fuzz asks for it.
let fuzzers: [Target] =
  Context.environment["MIXTRACE_FUZZ"] == nil
  ? []
  : [
    .executableTarget(
      name: "mixtrace-fuzz", dependencies: ["FuzzedParsers"], path: "Fuzz/Driver",
      swiftSettings: everyTarget)
  ]

let package = Package(
  name: "mixtrace",
  products: libraries.map { .library(name: $0, targets: [$0]) } + [
    .executable(name: "mixtrace", targets: ["mixtrace"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    // Without its traits: streams and field masks are not used.
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CPcap", pkgConfig: "libpcap", providers: [.apt(["libpcap-dev"])]),

    // Generated, so without the settings that our own code keeps.
    .target(
      name: "ChakraSchema", dependencies: [protobuf], exclude: ["et_def.proto"]),

    room("TraceModel", imports: [heap]),
    room("ByteStreams", imports: ["CZstd", "CZlib"]),
    room("TraceFormat", imports: ["TraceModel", "ByteStreams"]),
    room("PacketFormats", imports: ["TraceModel"]),
    room(
      "TraceIngest",
      imports: [
        "TraceModel", "ByteStreams", "TraceFormat", "PacketFormats", "CPcap", "ChakraSchema",
        protobuf, heap,
      ]),
    room("LocalityAnalysis", imports: ["TraceModel"]),
    room("Replay", imports: ["TraceModel", heap]),
    room("TraceSynthesis", imports: ["TraceModel", "ByteStreams", "TraceFormat", "PacketFormats"]),
    room("Reporting", imports: ["CZlib"]),
    room("Configuration", imports: ["TraceModel", yams]),
    room(
      "MixtraceCommands",
      imports: libraries.map { .target(name: $0) } + [argumentParser]),
    .executableTarget(
      name: "mixtrace", dependencies: ["MixtraceCommands"], swiftSettings: everyTarget),
    .executableTarget(
      name: "mixtrace-bench",
      dependencies: libraries.map { .target(name: $0) } + ["MixtraceCommands"],
      path: "Benchmarks", exclude: ["instructions.tsv", "Peers"], swiftSettings: everyTarget),

    .target(
      name: "FuzzedParsers",
      dependencies: ["TraceModel", "ByteStreams", "TraceFormat", "TraceIngest", "Configuration"],
      path: "Fuzz/Parsers", swiftSettings: everyTarget),
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: everyTarget),
    tests(of: "TraceModel"),
    tests(of: "ByteStreams"),
    tests(of: "TraceFormat", imports: ["TraceModel", "ByteStreams"], exclude: ["mixt_reader.py"]),
    tests(of: "PacketFormats", imports: ["TraceModel"]),
    tests(
      of: "TraceIngest",
      imports: [
        "TraceModel", "TraceFormat", "PacketFormats", "ByteStreams", "CPcap", "ChakraSchema",
        "TraceSynthesis",
      ]),
    tests(of: "LocalityAnalysis", imports: ["TraceModel"]),
    tests(of: "Replay", imports: ["TraceModel"]),
    tests(of: "TraceSynthesis", imports: ["TraceModel", "TraceFormat", "TraceIngest"]),
    tests(of: "Reporting"),
    tests(of: "FuzzedParsers"),
    tests(of: "Configuration", imports: ["TraceModel"]),
    tests(
      of: "MixtraceCommands", imports: ["TraceModel", "TraceFormat"], exclude: ["Snapshots"]),
  ] + fuzzers,
  swiftLanguageModes: [.v6]
)
