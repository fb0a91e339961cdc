import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// Changes to a trace before it is replayed: what cannot be is named before anything runs.
@Suite("What if")
struct WhatIfTests {
  @Test(
    "a factor or a placement that makes no sense is refused by its flag",
    arguments: [
      ("--compute-scale", "nan"), ("--compute-scale", "-1"), ("--compute-scale", "inf"),
      ("--expert-scale", "nan"), ("--expert-scale", "0"), ("--expert-scale", "-2"),
      ("--place", "0,x"), ("--place", "0,0"), ("--place", "1,,2"),
    ])
  func atOnce(flag: String, value: String) {
    // Before the trace is opened: it does not exist.
    for verb in ["replay", "sweep", "report"] {
      let outcome = mixtrace(
        [verb, "absent.mixt", "\(flag)=\(value)"] + (verb == "replay" ? [] : ["-o", "x"]))
      #expect(outcome.status == .wrongUsage, "\(verb): \(outcome.errors)")
      #expect(outcome.errors.contains(flag), "\(outcome.errors)")
    }
  }

  @Test(
    "a change that the trace does not allow is refused by its flag",
    arguments: [
      ("--place", "0"), ("--place", "0,1,2,4"), ("--expert-scale", "1e-12"),
      ("--expert-scale", "1e300"),
    ])
  func onTheTrace(flag: String, value: String) throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let outcome = mixtrace("replay", trace, flag, value, "--fabric", "fat-tree")
      #expect(outcome.status == .wrongUsage, "\(outcome.errors)")
      #expect(outcome.errors.contains(flag), "\(outcome.errors)")
      #expect(outcome.output.isEmpty)
    }
  }

  @Test("no compute is a question, no expert traffic is none")
  func zero() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let rows = try succeeding(
        "replay", trace, "--compute-scale", "0", "--fabric", "fat-tree", "--format", "json"
      ).rows("fabrics")
      #expect((rows[0]["completion_ns"] as? Double ?? 0) > 0)
    }
  }

  @Test("a job that is cut short counts as an input that could not be read")
  func cutJob() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let job = try SmallTrace.write(in: folder, name: "job.mixt")
      try write(try bytes(of: job).dropLast(30), to: job)
      let outcome = mixtrace("replay", trace, "--job", job, "--fabric", "fat-tree")
      #expect(outcome.errors.contains("warning: \(job)"), "\(outcome.errors)")
      #expect(outcome.status == .doneWithWarnings)
    }
  }
}
