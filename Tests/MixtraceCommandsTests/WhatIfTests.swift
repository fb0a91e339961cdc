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

  @Test("jobs end on their own, each with its time alone")
  func jobs() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let other = folder.path("other.mixt")
      try succeeding(
        "synth", "mixtral-8x7b", "--servers", "2", "--gpus-per-server", "2", "--layers", "0-0",
        "--tokens-per-rank", "32", "--iterations", "3", "--trace", other)
      let outcome = try succeeding(
        "replay", trace, "--job", other, "--fabric", "ideal", "--format", "json")
      let rows = try outcome.rows("jobs")
      #expect(rows.map { $0["file"] as? String } == [trace, other])
      #expect(rows.map { $0["iterations"] as? Int }.last == 3)
      let completions = rows.compactMap { $0["completion_ns"] as? Double }
      #expect(completions == rows.compactMap { $0["alone_ns"] as? Double })
      #expect(completions[0] != completions[1])
      #expect(try outcome.rows("fabrics")[0]["completion_ns"] as? Double == completions.max())
      let lines = try succeeding(
        "replay", trace, "--job", other, "--fabric", "ideal", "--per-job", "--format", "csv"
      ).output.split(separator: "\n")
      #expect(lines.count == 3 && lines[0].hasPrefix("fabric,job,file,iterations,completion_ns"))
      let scored = try succeeding(
        "replay", trace, "--job", other, "--fabric", "best-static", "--fabric", "ideal",
        "--format", "json")
      let ideal = try scored.rows("jobs").filter { $0["fabric"] as? String == "ideal" }
      #expect(ideal.count == 2)
      for job in ideal {
        #expect(job["completion_ns"] as? Double == job["alone_ns"] as? Double)
      }
      for flags in [["--per-job"], ["--job", other, "--per-job", "--phases"]] {
        #expect(mixtrace(["replay", trace] + flags).status == .wrongUsage)
      }
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
