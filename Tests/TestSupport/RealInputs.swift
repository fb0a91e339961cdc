public import Foundation

/// Real inputs that stand beside the project; a test that needs them skips where they are absent.
public enum RealInputs {
  /// The folder with the inputs: `MIXTRACE_REAL_INPUTS`, or `shared/real` beside the checkout.
  public static let folder: URL = {
    if let named = ProcessInfo.processInfo.environment["MIXTRACE_REAL_INPUTS"] {
      return URL(fileURLWithPath: named)
    }
    return packageRoot.deletingLastPathComponent().appendingPathComponent("shared/real")
  }()

  /// True when the folder is there.
  public static var arePresent: Bool { FileManager.default.fileExists(atPath: folder.path) }

  /// What a skipped test says.
  public static let absence =
    "real inputs are absent: put them in ../shared/real or name them in MIXTRACE_REAL_INPUTS"

  /// The path of one input, "roce/oferby-huawei-rc-send.pcap".
  public static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
}

/// The checkout that the tests were built from.
public let packageRoot = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
